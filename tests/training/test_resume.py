"""A run that was killed and continued ends with the very same bits as one that was not."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.training.corpus import write_features, write_noises, write_recipe, write_waveforms


def launch(processes: int, *arguments: Path | str, **kill: str) -> int:
    """Run the training program to its end or death; return the exit status."""
    program = ["-m", "tests.training.killed_run"]
    if processes > 1:
        torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node"]
        program = [*torchrun, str(processes), *program]
    command = [sys.executable, *program, *map(str, arguments)]
    environment = {**os.environ, **kill, "OMP_NUM_THREADS": "1"}
    return subprocess.run(command, env=environment, capture_output=True, check=False).returncode


def final_state(exp_dir: Path) -> dict[str, Any]:
    state: dict[str, Any] = torch.load(exp_dir / "checkpoints/final.pt", weights_only=True)
    return state


def logged(exp_dir: Path) -> list[dict[str, Any]]:
    """The lines of train.jsonl, without what differs between equal runs."""
    lines = (exp_dir / "train.jsonl").read_text().splitlines()
    times = {"time", "utterances_per_second", "readers"}
    return [{k: v for k, v in json.loads(line).items() if k not in times} for line in lines]


def assert_same(first: Any, second: Any, key: str = "") -> None:
    """Compare two states bit for bit."""
    assert type(first) is type(second), key
    if isinstance(first, dict):
        assert first.keys() == second.keys(), key
        for name in first:
            assert_same(first[name], second[name], f"{key}.{name}")
    elif isinstance(first, list | tuple):
        assert len(first) == len(second), key
        for index, (left, right) in enumerate(zip(first, second, strict=True)):
            assert_same(left, right, f"{key}[{index}]")
    elif isinstance(first, torch.Tensor):
        assert torch.equal(first, second), key
    else:
        assert first == second, key


TDY: dict[str, Any] = {
    "features": "waveform",
    "model": {"name": "tdy_resnet10_sixteenth", "embedding_dim": 16},
    "loss": {"name": "softmaxproto"},
    "optim": {"name": "adam", "learning_rate": 1e-3, "reference_batch": None, "clip_norm": None},
    "schedule": {"learning_rate": {"type": "step_decay"}, "margin": {"type": "linear_staircase"}},
    "data": {"num_frames": 20, "order": "speaker_groups", "cmn_window": None},
}


# Features on the device, from recordings that get noises and rooms.
ONLINE: dict[str, Any] = {
    "data": {
        "num_frames": 30,
        "online_features": "device",
        "online_augment": {"max_kinds": 2},
        "spec_augment": {},
    }
}


def write_run(folder: Path, kind: str, batch_size: int) -> list[str | Path]:
    """Write a recipe and its data; return the arguments: with a margin; temporal dynamic with a
    temperature; or with features that are computed while training.
    """
    train, recipe = {"batch_size": batch_size}, folder / "recipe.yaml"
    if kind == "margin":
        return [write_recipe(recipe, train=train), write_features(folder / "data")]
    data = write_waveforms(folder / "data")
    if kind == "tdy":
        return [write_recipe(recipe, train=train, **TDY), data]
    options = ["--features-config", "conf/fbank40.conf", *write_noises(folder / "noises", data)]
    return [*options, write_recipe(recipe, train=train, **ONLINE), data]


@pytest.mark.timeout(1200)  # a minute on an idle machine
@pytest.mark.parametrize(
    ("processes", "kind"), [(1, "tdy"), (1, "online"), (2, "margin"), (2, "online")]
)
def test_killed_twice_equals_uninterrupted(processes: int, kind: str, tmp_path: Path) -> None:
    run = write_run(tmp_path, kind, 8 // processes)
    straight, broken = tmp_path / "straight", tmp_path / "broken"
    assert launch(processes, *run, straight) == 0
    assert launch(processes, *run, broken, KILL_AT_STEP="37") != 0
    assert launch(processes, *run, broken, KILL_IN_WRITE_AT_STEP="61") != 0
    leftovers = list((broken / "checkpoints").glob("*.tmp"))
    assert len(leftovers) == 1  # the kill came within a write
    assert launch(processes, *run, broken) == 0
    assert final_state(straight)["step"] == 100
    assert kind != "tdy" or final_state(straight)["settings"]["temperature"] == 1
    assert_same(final_state(straight), final_state(broken))
    assert len(logged(straight)) == 20 and logged(straight) == logged(broken)
    assert not list((broken / "checkpoints").glob("*.tmp"))


OPTIONS: dict[str, Any] = {
    "data": {"order": "skip", "spec_augment": {}},
    "train": {"num_valid_speakers": 2, "ema_decay": 0.9, "final": "best", "precision": "bf16"},
}


def test_options_and_other_workers_change_nothing_either(tmp_path: Path) -> None:
    data = write_features(tmp_path / "data")
    recipe = write_recipe(tmp_path / "recipe.yaml", **OPTIONS)
    straight, broken = tmp_path / "straight", tmp_path / "broken"
    assert launch(1, recipe, data, straight) == 0
    assert launch(1, recipe, data, broken, KILL_AT_STEP="37") != 0
    more = {**OPTIONS, "data": {**OPTIONS["data"], "num_workers": 2}}
    write_recipe(recipe, **more)
    assert launch(1, recipe, data, broken) == 0
    states = [final_state(exp_dir) for exp_dir in (straight, broken)]
    assert states[0]["best"]["step"] == states[0]["step"] > 0
    for state in states:
        del state["recipe"]  # has the number of workers
    assert_same(states[0], states[1])


def test_sigterm_saves_and_asks_for_requeueing(tmp_path: Path) -> None:
    data = write_features(tmp_path / "data")
    recipe = write_recipe(tmp_path / "recipe.yaml", train={"epochs": 4000})
    exp_dir = tmp_path / "exp"
    command = [sys.executable, "-m", "speakernet.bin.train", *map(str, (recipe, data, exp_dir))]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        while not list(exp_dir.glob("checkpoints/step-*.pt")):
            assert process.poll() is None
        process.send_signal(signal.SIGUSR1)
        assert process.wait(timeout=60) == 99
        assert process.stderr is not None and "the same command resumes" in process.stderr.read()
    assert (exp_dir / "requeue").exists()
    newest = max(exp_dir.glob("checkpoints/*-*.pt"), key=lambda path: path.stat().st_mtime_ns)
    assert torch.load(newest, weights_only=True)["step"] > 0


def test_a_signal_while_the_tables_are_read_is_heard(tmp_path: Path) -> None:
    data = write_features(tmp_path / "data")
    recipe = write_recipe(tmp_path / "recipe.yaml", train={"epochs": 4000})
    table = data / "utt2spk"
    text = table.read_text()
    table.unlink()
    os.mkfifo(table)
    exp_dir = tmp_path / "exp"
    folder = os.open(data, os.O_RDONLY)
    seen = f"/proc/self/fd/{folder}"  # pipes are read where descriptors are handed down
    command = [sys.executable, "-m", "speakernet.bin.train", str(recipe), seen, str(exp_dir)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, pass_fds=[folder]) as process:
        os.close(folder)
        with table.open("w") as stream:  # waits for the reader
            process.send_signal(signal.SIGTERM)
            time.sleep(0.5)
            stream.write(text)
        assert process.wait(timeout=60) == 99
    assert list(exp_dir.glob("checkpoints/*.pt"))


def processes_of(exp_dir: Path) -> list[int]:
    """Return the processes that have ``exp_dir`` in their command line."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if str(exp_dir).encode() in command and int(folder.name) != os.getpid():
            found.append(int(folder.name))
    return found


def wait_until(condition: Callable[[], bool], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_a_full_disk_is_an_error_that_keeps_the_last_checkpoint(tmp_path: Path) -> None:
    data = write_features(tmp_path / "data")
    recipe = write_recipe(tmp_path / "recipe.yaml", train={"epochs": 1})
    exp_dir = tmp_path / "exp"
    assert launch(1, recipe, data, exp_dir) == 0
    before = (exp_dir / "checkpoints/epoch-001.pt").read_bytes()
    write_recipe(recipe, train={"epochs": 2})
    # A limit on the size of files stands for a disk on which there is no more room.
    limited = ["prlimit", f"--fsize={len(before) // 2}", sys.executable]
    command = [*limited, "-m", "speakernet.bin.train", *map(str, (recipe, data, exp_dir))]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    (error,) = (line for line in result.stderr.splitlines() if "error:" in line)
    assert "step-00000006.pt: cannot be written" in error and "are untouched" in error
    assert (exp_dir / "checkpoints/epoch-001.pt").read_bytes() == before
    assert not list(exp_dir.glob("checkpoints/*.tmp"))
    assert launch(1, recipe, data, exp_dir) == 0


def test_a_dead_reader_ends_the_run(tmp_path: Path) -> None:
    data = write_features(tmp_path / "data")
    recipe = write_recipe(tmp_path / "recipe.yaml", train={"epochs": 4000}, data={"num_workers": 3})
    exp_dir = tmp_path / "exp"
    command = [sys.executable, "-m", "speakernet.bin.train", *map(str, (recipe, data, exp_dir))]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        wait_until(lambda: bool(list(exp_dir.glob("checkpoints/step-*.pt"))))
        readers = set(processes_of(exp_dir)) - {process.pid}
        assert len(readers) == 3
        os.kill(min(readers), signal.SIGKILL)
        assert process.wait(timeout=60) == 1
        assert process.stderr is not None
        assert "error: a data loading worker process died: " in process.stderr.read()
    assert not processes_of(exp_dir)


def test_a_rank_that_dies_ends_the_others(tmp_path: Path) -> None:
    data = write_features(tmp_path / "data")
    recipe = write_recipe(tmp_path / "recipe.yaml", train={"batch_size": 4})
    exp_dir = tmp_path / "exp"
    assert launch(2, recipe, data, exp_dir, KILL_AT_STEP="9", KILL_RANK="1") == 1
    assert not processes_of(exp_dir)


def test_nothing_survives_a_killed_torchrun(tmp_path: Path) -> None:
    data = write_features(tmp_path / "data")
    recipe = write_recipe(tmp_path / "recipe.yaml", train={"epochs": 4000, "batch_size": 4})
    exp_dir = tmp_path / "exp"
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command = [*torchrun, "--nproc-per-node=2", "-m", "speakernet.bin.train"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        [*command, recipe, data, exp_dir], env=environment, stderr=subprocess.DEVNULL
    ) as process:
        wait_until(lambda: bool(list(exp_dir.glob("checkpoints/step-*.pt"))))
        assert len(processes_of(exp_dir)) == 5  # torchrun, two processes, a reader of each
        process.kill()
        process.wait()
        wait_until(lambda: not processes_of(exp_dir), 10)
