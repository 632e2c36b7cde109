"""Two copies of one job on the same product at the same time, stopped, continued and killed.

A batch system that starts a job again while its first copy lives, and a login node that dies and
leaves its jobs running, do this. Whatever the order: a copy that ends well leaves a whole product,
and after the same command once more everything is as one undisturbed run makes it.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from speakernet.kaldi.tables import write_table
from tests import tiny_experiment
from tests.recordings import write_noise

NUM_RECORDINGS = 40


@dataclass(frozen=True)
class Job:
    """A command on a folder, and the names of what it makes there."""

    command: Callable[[Path], list[str]]
    products: tuple[str, ...]


def program(name: str, *arguments: object) -> list[str]:
    return [sys.executable, "-m", f"speakernet.bin.{name}", *map(str, arguments)]


ONE_JOB = ("--job", 1, "--nj", 1)
JOBS = {
    "durations": Job(
        lambda w: program("compute_durations", *ONE_JOB, w / "data", w / "part"),
        ("part.durations",),
    ),
    "features": Job(
        lambda w: program("compute_features", "fbank", w / "data", w / "fbank"),
        ("fbank.ark", "fbank.scp", "fbank.utt2num_frames", "fbank.utt2dur"),
    ),
    "embeddings": Job(
        lambda w: program(
            "extract_embeddings", *ONE_JOB, w / "exp", w / "data" / "test", w / "emb"
        ),
        ("emb/parts/1.ark", "emb/parts/1.scp"),
    ),
    "copies of a data dir": Job(
        lambda w: program(
            "augment_data_dir", "--fg-noise-dir", w / "noises", w / "many", w / "noisy"
        ),
        ("noisy/wav.scp", "noisy/utt2spk", "noisy/spk2utt", "noisy/reco2dur", "noisy/utt2uniq"),
    ),
    "archives": Job(
        lambda w: program(
            "apply_cmvn_sliding", w / "data" / "train" / "feats.scp", w / "cmn.ark", w / "cmn.scp"
        ),
        ("cmn.ark", "cmn.scp"),
    ),
}


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Recordings behind commands that take a moment, so that a job can be stopped amid them."""
    work = tmp_path_factory.mktemp("inputs")
    tiny_experiment.make(work)
    lines = []
    for number in range(NUM_RECORDINGS):
        path = work / f"r{number:02d}.wav"
        write_noise(path, number, 8000 + 100 * number)
        lines.append(f"r{number:02d} sleep 0.01; cat {path} |\n")
    (work / "data" / "wav.scp").write_text("".join(lines), encoding="utf-8")
    write_tables(work / "many", 20_000)
    write_tables(work / "noises", 100)
    return work


def write_tables(folder: Path, count: int) -> None:
    """Write a data dir with so many recordings that copying it takes a moment."""
    folder.mkdir()
    names = [f"r{number:05d}" for number in range(count)]
    for table, value in (("wav.scp", "/x.wav"), ("utt2spk", "s"), ("reco2dur", "5")):
        write_table(folder / table, ((name, value) for name in names))


@pytest.fixture(scope="module", params=JOBS)
def reference(request: pytest.FixtureRequest, inputs: Path) -> tuple[Job, dict[str, bytes], float]:
    """A kind of job, what one undisturbed run makes, and its seconds."""
    job = JOBS[request.param]
    started = time.monotonic()
    subprocess.run(job.command(inputs), check=True, capture_output=True)
    seconds = time.monotonic() - started
    made = contents(inputs, job)
    for name in [*job.products, "part.json", "fbank.json", "emb", "noisy"]:
        path = inputs / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    return job, made, seconds


def contents(work: Path, job: Job) -> dict[str, bytes]:
    return {name: (work / name).read_bytes() for name in job.products}


def stop_the_first(first: "Copy", second: "Copy") -> None:
    """The second begins and ends while the first stands still."""
    first.stop()
    second.start().wait()
    first.go_on().wait()


def kill_the_second(first: "Copy", second: "Copy") -> None:
    """The second is killed while the first stands still."""
    first.stop()
    second.start().sleep().kill()
    first.go_on().wait()


def kill_the_first_when_the_second_has_ended(first: "Copy", second: "Copy") -> None:
    """The first never goes on."""
    first.stop()
    second.start().wait()
    first.kill()


def take_turns(first: "Copy", second: "Copy") -> None:
    """Each stands still while the other works, several times."""
    second.start()
    for _ in range(4):
        first.stop()
        second.go_on().sleep(0.2)
        second.stop()
        first.go_on().sleep(0.2)
    second.go_on()
    first.wait()
    second.wait()


def kill_both(first: "Copy", second: "Copy") -> None:
    """Nobody ends."""
    second.start().sleep()
    first.kill()
    second.kill()


ORDERS = (
    stop_the_first,
    kill_the_second,
    kill_the_first_when_the_second_has_ended,
    take_turns,
    kill_both,
)


class Copy:
    """One process of the job."""

    def __init__(self, command: list[str], rng: random.Random, seconds: float) -> None:
        self._command = command
        self._rng = rng
        self._seconds = seconds
        self._killed = False
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Copy":
        self._process = subprocess.Popen(self._command, stderr=subprocess.PIPE)
        return self

    def sleep(self, share: float = 1.0) -> "Copy":
        """Let it work for a random part of the time that a job takes."""
        time.sleep(self._rng.random() * share * self._seconds)
        return self

    def _signal(self, number: signal.Signals) -> "Copy":
        assert self._process is not None
        if self._process.poll() is None:
            os.kill(self._process.pid, number)
        return self

    def stop(self) -> "Copy":
        return self._signal(signal.SIGSTOP)

    def go_on(self) -> "Copy":
        return self._signal(signal.SIGCONT)

    def kill(self) -> "Copy":
        self._killed = True
        self._signal(signal.SIGKILL)
        assert self._process is not None
        self._process.communicate()
        return self

    def wait(self) -> "Copy":
        assert self._process is not None
        _, errors = self._process.communicate(timeout=120)
        assert self._process.returncode == 0, errors.decode()
        return self

    @property
    def ended_well(self) -> bool:
        return not self._killed


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order.__name__)
def test_two_copies_of_a_job(
    reference: tuple[Job, dict[str, bytes], float],
    inputs: Path,
    order: Callable[[Copy, Copy], None],
) -> None:
    job, expected, seconds = reference
    rng = random.Random(f"{order.__name__} {job.products[0]}")
    before = set(inputs.rglob("*"))
    try:
        first, second = (Copy(job.command(inputs), rng, seconds) for _ in range(2))
        first.start().sleep()
        order(first, second)
        if first.ended_well or second.ended_well:
            assert contents(inputs, job) == expected
        subprocess.run(job.command(inputs), check=True, capture_output=True)
        assert contents(inputs, job) == expected
        assert not [path for path in inputs.rglob("*") if path.name.endswith((".tmp", ".journal"))]
    finally:
        for path in sorted(set(inputs.rglob("*")) - before, reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
