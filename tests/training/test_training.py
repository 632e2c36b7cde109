"""Runs of the training program on a tiny corpus: what it learns, writes, refuses and reports."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from speakernet.bin import average_checkpoints, compare_logs, train
from speakernet.config import UserError
from speakernet.kaldi.ark import ArkWriter
from speakernet.nn.serialize import save_model
from speakernet.train import start
from speakernet.train.checkpoint import CheckpointDir
from speakernet.train.step import GradientAccumulator
from tests.training.corpus import MEL, write_features, write_recipe


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_features(tmp_path_factory.mktemp("training") / "data")


def run(folder: Path, data: Path, *options: str, name: str = "exp", **sections: object) -> Path:
    recipe = write_recipe(folder / f"{name}.yaml", **sections)
    assert train.main([*options, str(recipe), str(data), str(folder / name)]) == 0
    return folder / name


def load(exp_dir: Path, name: str = "final.pt") -> dict[str, Any]:
    state: dict[str, Any] = torch.load(exp_dir / "checkpoints" / name, weights_only=True)
    return state


def log_of(exp_dir: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (exp_dir / "train.jsonl").read_text().splitlines()]


def test_it_learns_and_says_so(tmp_path: Path, data: Path) -> None:
    exp_dir = run(tmp_path, data, train={"tensorboard": True, "keep_checkpoints": 2})
    log = log_of(exp_dir)
    assert [entry["step"] for entry in log] == list(range(5, 105, 5))
    assert log[0]["accuracy"] < 0.5 < log[-1]["accuracy"]
    assert log[0]["margin"] == 0 and log[-1]["margin"] == pytest.approx(0.2)
    assert all(entry["utterances_per_second"] > 0 and entry["grad_norm"] > 0 for entry in log)
    files = sorted(path.name for path in (exp_dir / "checkpoints").iterdir())
    assert files == ["epoch-000.pt", "epoch-024.pt", "epoch-025.pt", "final.pt"]
    assert not (exp_dir / "requeue").exists()
    assert list((exp_dir / "tensorboard").iterdir())
    state = load(exp_dir)
    assert state["step"] == 100 and state["epoch"] == 25 and state["sampler"]["samples"] == 800
    assert state["speakers"] == [f"s{number:02d}" for number in range(6)]
    assert state["input_dim"] == MEL and "name: tdnn_c8" in state["recipe"]


def test_the_loss_curve_is_the_reference(tmp_path: Path, data: Path) -> None:
    """The curve of this tiny run; another one means that training computes something else."""
    log = log_of(run(tmp_path, data))
    golden = json.loads((Path(__file__).parents[1] / "golden/training/curve.json").read_text())
    assert [entry["loss"] for entry in log] == pytest.approx(golden["loss"], rel=1e-2)


def test_a_finished_run_is_left_alone(tmp_path: Path, data: Path) -> None:
    first = load(run(tmp_path, data, train={"epochs": 2}))
    again = load(run(tmp_path, data, train={"epochs": 2}))
    assert torch.equal(first["model"]["tail.dense.weight"], again["model"]["tail.dense.weight"])
    longer = load(run(tmp_path, data, train={"epochs": 3}))
    assert longer["step"] == 12


def test_accumulation_does_what_one_batch_does(tmp_path: Path, data: Path) -> None:
    frozen = {"epochs": 1, "batch_norm": "frozen"}
    whole = run(tmp_path, data, name="whole", train={**frozen, "batch_size": 8})
    pieces = run(tmp_path, data, name="pieces", train={**frozen, "batch_size": 2, "accumulate": 4})
    assert_close(whole, pieces)


def assert_close(first: Path, second: Path) -> None:
    """Compare how far two runs moved from the same start."""
    start = load(first, "epoch-000.pt")["model"]
    last, other = load(first)["model"], load(second)["model"]
    for name, value in last.items():
        moved, difference = (value - start[name]).double(), (value - other[name]).double()
        assert float(difference.norm()) <= 1e-4 * float(moved.norm()), name


@pytest.mark.parametrize("model", ["tdnn_c8", "res2net14_w8_s2_c16"])
def test_two_processes_do_what_one_does(model: str, tmp_path: Path, data: Path) -> None:
    # Kernels that are not contiguous have to arrive at the other process, too.
    common = {"epochs": 1, "batch_norm": "frozen", "channels_last": model != "tdnn_c8"}
    network = {"name": model, "embedding_dim": 16}
    one = run(tmp_path, data, name="one", model=network, train={**common, "batch_size": 8})
    halves = {**common, "batch_size": 2, "accumulate": 2}
    recipe = write_recipe(tmp_path / "two.yaml", model=network, train=halves)
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command = [*torchrun, "--nproc-per-node", "2", "-m", "speakernet.bin.train"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run(
        [*command, recipe, data, tmp_path / "two"],
        check=True,
        env=environment,
        capture_output=True,
    )
    assert_close(one, tmp_path / "two")


def test_fine_tuning_takes_network_and_classifier_over(tmp_path: Path, data: Path) -> None:
    base = run(tmp_path, data, train={"epochs": 2})
    constant = {"learning_rate": {"type": "constant", "factor": 1e-30}}
    tuned = run(
        tmp_path, data, "--init", str(base), name="lm", schedule=constant, train={"epochs": 1}
    )
    for part, name in (("model", "tail.dense.weight"), ("loss", "weight")):
        assert torch.equal(load(base)[part][name], load(tuned, "epoch-000.pt")[part][name])
    assert load(tuned)["step"] == 4


def test_other_speakers_get_a_new_classifier_and_are_told_so(
    tmp_path: Path, data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    base = run(tmp_path, data, train={"epochs": 1})
    others = write_features(tmp_path / "others", num_speakers=8)
    tuned = run(tmp_path, others, "--init", str(base), name="lm", train={"epochs": 1})
    assert "classifier is not copied: it has 6 speakers, the data 8 (6 in common)" in caplog.text
    start = load(tuned, "epoch-000.pt")
    assert start["loss"]["weight"].shape[0] == 8
    assert torch.equal(
        load(base)["model"]["tail.dense.weight"], start["model"]["tail.dense.weight"]
    )


def test_another_network_cannot_be_fine_tuned(tmp_path: Path, data: Path) -> None:
    base = run(tmp_path, data, train={"epochs": 1})
    with pytest.raises(UserError, match="its network differs from this recipe's"):
        run(tmp_path, data, "--init", str(base), name="lm", model={"name": "tdnn_c16"})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"optim": {"learning_rate": 0.3}}, r"optim.learning_rate was 0.2, is 0.3"),
        ({"train": {"epochs": 1, "batch_size": 4}}, "with 8 utterances per update, this run has 4"),
    ],
)
def test_a_changed_recipe_cannot_continue(
    tmp_path: Path, data: Path, change: dict[str, Any], message: str
) -> None:
    run(tmp_path, data, train={"epochs": 1})
    with pytest.raises(UserError, match=message):
        run(tmp_path, data, **change)


def test_a_log_is_normal_or_not(
    tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = run(tmp_path, data, train={"epochs": 5, "num_valid_speakers": 2}) / "train.jsonl"
    reference = tmp_path / "reference.jsonl"
    entries = [json.loads(line) for line in log.read_text().splitlines()]
    for more, status, verdict in ((0, 0, "normal"), (0.4, 1, "not normal (tolerance 0.3)")):
        moved = [{**e, "loss": e["loss"] - more} for e in entries if "loss" in e]
        reference.write_text("".join(json.dumps(entry) + "\n" for entry in moved))
        assert compare_logs.main([str(log), str(reference)]) == status
        shown = capsys.readouterr().out
        assert f"steps 20 to 20: loss {more:+.3f}, accuracy +0.000" in shown
        assert shown.endswith(f"{verdict}\n")
    reference.write_text('{"step": 5, "loss": 1.0}\n')
    with pytest.raises(UserError, match=r"reference.jsonl:1: expected"):
        compare_logs.main([str(log), str(reference)])


def test_other_utterances_cannot_continue(tmp_path: Path) -> None:
    data = write_features(tmp_path / "data")
    run(tmp_path, data, train={"epochs": 1})
    for table in ("utt2spk", "feats.scp"):
        lines = (data / table).read_text().splitlines(keepends=True)
        (data / table).write_text("".join(lines[:-1]))
    with pytest.raises(UserError, match="was made with other utterances than utt2spk has now"):
        run(tmp_path, data, train={"epochs": 2})


def test_what_cannot_be_continued_says_why(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    exp_dir = run(tmp_path, data, train={"epochs": 1})
    for path in (exp_dir / "checkpoints").glob("*.pt"):
        state = torch.load(path, weights_only=True)
        save_model(path, {k: v for k, v in state.items() if k != "optimizer"})
    with pytest.raises(UserError, match=r"epoch-001.pt: lacks 'optimizer'"):
        run(tmp_path, data, train={"epochs": 2})

    def two_processes(item: object, _: object) -> list[object]:
        return [item, 7]

    monkeypatch.setattr(start, "gather_objects", two_processes)
    with pytest.raises(UserError, match=r"different steps there, \[4, 7\]"):
        run(tmp_path, data, train={"epochs": 2})


def test_the_best_is_named_again_if_the_run_died_just_before(tmp_path: Path, data: Path) -> None:
    train = {"epochs": 1, "num_valid_speakers": 2, "final": "best"}
    exp_dir = run(tmp_path, data, train=train)
    for name in ("best", "final"):
        (exp_dir / "checkpoints" / f"{name}.pt").unlink()
    run(tmp_path, data, train=train)
    assert (exp_dir / "checkpoints/best.pt").samefile(exp_dir / "checkpoints/epoch-001.pt")


def test_no_hard_links_are_needed(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("not supported")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    exp_dir = run(tmp_path, data, train={"epochs": 1})
    content = (exp_dir / "checkpoints/epoch-001.pt").read_bytes()
    assert (exp_dir / "checkpoints/final.pt").read_bytes() == content


def test_compiling_is_left_to_gpus(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(torch, "compile")
    run(tmp_path, data, train={"epochs": 1, "compile": True, "cuda_graph": True})


def test_memory_that_is_not_there_is_answered_with_advice(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(GradientAccumulator, "add", lambda *_: torch.empty(1 << 55))
    with pytest.raises(UserError, match=r"out of memory at train.batch_size=8 .*batch_size=4"):
        run(tmp_path, data)


def test_a_damaged_checkpoint_is_skipped_with_a_warning(
    tmp_path: Path, data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    exp_dir = run(tmp_path, data, train={"epochs": 3})
    expected = load(exp_dir)
    newest = exp_dir / "checkpoints/epoch-003.pt"
    (exp_dir / "checkpoints/final.pt").unlink()
    content = bytearray(newest.read_bytes())
    for place in range(2000, len(content) - 2000, 500):
        content[place] ^= 0xFF
    newest.write_bytes(content)
    run(tmp_path, data, train={"epochs": 3})
    assert "epoch-003.pt: is damaged" in caplog.text
    assert torch.equal(
        load(exp_dir)["model"]["tail.dense.weight"], expected["model"]["tail.dense.weight"]
    )


def test_divergence_stops_with_step_and_utterances(tmp_path: Path) -> None:
    folder = write_features(tmp_path / "data", num_speakers=3, num_each=4)
    with ArkWriter(folder / "bad.ark", folder / "bad.scp") as writer:
        writer.write("s02-03", np.full((60, MEL), np.inf, dtype=np.float32))
    lines = (folder / "feats.scp").read_text().splitlines()[:-1]
    bad = (folder / "bad.scp").read_text()
    (folder / "feats.scp").write_text("\n".join([*lines, bad]))
    with pytest.raises(UserError, match=r"/data: step [12]: loss nan.*diverged.*s02-03"):
        run(tmp_path, folder)
    assert torch.isfinite(
        load(tmp_path / "exp", "epoch-000.pt")["model"]["tail.dense.weight"]
    ).all()


def test_held_out_speakers_are_validated_and_not_trained_on(tmp_path: Path, data: Path) -> None:
    settings = {"epochs": 3, "num_valid_speakers": 2, "num_valid_utterances": 6, "final": "best"}
    exp_dir = run(tmp_path, data, train=settings)
    validations = [entry for entry in log_of(exp_dir) if "valid_eer" in entry]
    assert [entry["step"] for entry in validations] == [4, 8, 12]
    assert all(0 <= entry["valid_eer"] <= 100 for entry in validations)
    best = min(validations, key=lambda entry: entry["valid_eer"])
    state = load(exp_dir)
    assert state["best"]["eer"] == best["valid_eer"] and state["step"] == best["step"]
    assert len(state["speakers"]) == 4


def test_averages_of_weights(
    tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    exp_dir = run(tmp_path, data, train={"epochs": 3, "final": "average", "average_last": 2})
    epochs = [load(exp_dir, f"epoch-00{n}.pt")["model"] for n in (2, 3)]
    mean = (epochs[0]["tail.dense.weight"] + epochs[1]["tail.dense.weight"]) / 2
    torch.testing.assert_close(load(exp_dir)["model"]["tail.dense.weight"], mean)
    output = tmp_path / "mean.pt"
    assert average_checkpoints.main(["--last-epochs", "2", str(output), str(exp_dir)]) == 0
    assert "the mean of 2 checkpoints" in capsys.readouterr().out
    averaged = torch.load(output, weights_only=True)["model"]
    torch.testing.assert_close(averaged["tail.dense.weight"], mean)


def test_epochs_are_counted_and_other_files_left_alone(tmp_path: Path) -> None:
    folder = CheckpointDir(tmp_path, keep=1)
    folder.prepare()
    for name in ("epoch-000", "epoch-999", "epoch-1000", "final", "best", "a_copy_of_mine"):
        save_model(folder.path / f"{name}.pt", {"model": {"w": torch.ones(1)}})
    assert [path.stem for path in folder.epochs()] == ["epoch-999", "epoch-1000"]
    newest = folder.newest()
    assert newest is not None and newest[0].stem == "epoch-1000"


def test_moving_average_is_kept_and_saved(tmp_path: Path, data: Path) -> None:
    exp_dir = run(tmp_path, data, train={"epochs": 2, "ema_decay": 0.9, "num_valid_speakers": 2})
    last, final = load(exp_dir, "epoch-002.pt"), load(exp_dir)
    name = "tail.dense.weight"
    assert torch.equal(final["model"][name], last["ema"][name])
    assert not torch.equal(last["model"][name], last["ema"][name])


def test_moving_average_begins_at_the_weights_that_are_fine_tuned(
    tmp_path: Path, data: Path
) -> None:
    base = run(tmp_path, data, name="base", train={"epochs": 1})
    average = {"epochs": 1, "ema_decay": 0.999}
    tuned = run(tmp_path, data, "--init", str(base), name="tuned", seed=5, train=average)
    name = "tail.dense.weight"
    assert torch.equal(load(tuned, "epoch-000.pt")["ema"][name], load(base)["model"][name])
    with pytest.raises(UserError, match="ema_decay is an average already"):
        run(tmp_path, data, train={"ema_decay": 0.9, "final": "average"})


def test_frozen_statistics_stay_frozen_through_validation(tmp_path: Path, data: Path) -> None:
    frozen = {"epochs": 3, "batch_norm": "frozen", "num_valid_speakers": 2}
    exp_dir = run(tmp_path, data, train=frozen)
    first, last = load(exp_dir, "epoch-000.pt")["model"], load(exp_dir)["model"]
    statistics = [name for name in first if "running" in name]
    assert statistics and all(torch.equal(first[name], last[name]) for name in statistics)


def test_bf16_trains_too(tmp_path: Path, data: Path) -> None:
    log = log_of(run(tmp_path, data, train={"epochs": 3, "precision": "bf16"}))
    assert log[-1]["loss"] < 13


def test_fp16_needs_a_gpu(tmp_path: Path, data: Path) -> None:
    if not torch.cuda.is_available():
        with pytest.raises(UserError, match="fp16 needs a GPU"):
            run(tmp_path, data, train={"precision": "fp16"})


def test_an_epoch_smaller_than_an_update_is_an_error(tmp_path: Path, data: Path) -> None:
    with pytest.raises(UserError, match="an epoch of 48 utterances is smaller than"):
        run(tmp_path, data, train={"utterances_per_epoch": None, "batch_size": 64})


def test_a_full_disk_keeps_the_last_good_checkpoint(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exp_dir = run(tmp_path, data, train={"epochs": 1})

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(UserError, match="cannot be written.*No space left.*untouched"):
        run(tmp_path, data, train={"epochs": 2})
    assert load(exp_dir, "epoch-001.pt")["step"] == 4
    assert not list((exp_dir / "checkpoints").glob("*.tmp"))
