"""The judge itself: what is wrong is found to be wrong."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.hostile import execution, judge
from tests.hostile.execution import Job, Process, Sandbox, memory_bytes
from tests.hostile.judge import MAX_BYTES, Expectation, Outcome, Verdict
from tests.hostile.mutators import CANARY_FILE


def toy(*lines: str, status: int = 1, file: str = "") -> Callable[[], int]:
    def main() -> int:
        print(*lines, sep="\n", file=sys.stderr)
        if file:
            Path(file).touch()
        return status

    return main


def raising() -> int:
    raise KeyError("x")


def hanging() -> int:
    time.sleep(60)
    return 0


def running_on() -> int:
    subprocess.Popen(["sleep", "60"])
    return toy("toy: error: --size: found 0")()


def hungry() -> int:
    # Freed memory, of which a long test run has much, could satisfy a smaller wish.
    return len(bytearray(memory_bytes(resident=False) + MAX_BYTES))


def executing() -> int:
    os.system(f"touch {CANARY_FILE}")
    return toy("toy: error: --size: found 0")()


GOOD = "toy: error: --size: found 0; expected 1 or more"
LOG = "2026-11-28 12:10:33 toy: warning: 3 left out"


@pytest.mark.parametrize(
    ("main", "verdict"),
    [
        (toy(LOG, GOOD), Verdict.REFUSED),
        (toy(status=0, file="product"), Verdict.DONE),
        (raising, Verdict.TRACEBACK),
        (toy("toy: error: internal error: KeyError: 'size'"), Verdict.INTERNAL),
        (hanging, Verdict.HUNG),
        (running_on, Verdict.HUNG),
        (hungry, Verdict.TRACEBACK),
        (toy("toy: error: not enough memory for --size"), Verdict.MEMORY),
        (executing, Verdict.EXECUTED),
        (toy(GOOD, status=2), Verdict.STATUS),
        (toy(GOOD, file="product.host-1-2.tmp"), Verdict.LEFT),
        (toy(GOOD, file="product"), Verdict.LEFT),
        (toy(GOOD, file="kept.log"), Verdict.REFUSED),
        (toy(GOOD, file="tmpdir/tmpa1b2c3d4"), Verdict.LEFT),
        (toy(status=0), Verdict.INCOMPLETE),
        (toy(), Verdict.UNCLEAR),
        (toy("usage: toy"), Verdict.UNCLEAR),
        (toy(GOOD, GOOD), Verdict.UNCLEAR),
        (toy("toy: error: found 0; expected 1 or more"), Verdict.UNNAMED),
        (toy(f"{GOOD}: (?P<name>[a-z]+)"), Verdict.INTERNALS),
        (toy("toy: error: --size: 'NoneType' object is not iterable"), Verdict.INTERNALS),
    ],
)
def test_verdicts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, main: Callable[[], int], verdict: Verdict
) -> None:
    for module in (execution, judge):
        monkeypatch.setattr(module, "MAX_SECONDS", 3.0)
    outcome = run(Job(main, lambda: None, ("product",)), tmp_path)
    assert judge.judge(outcome, Expectation(("--size",), kept=(r".*\.log",))) == verdict, outcome


def run(job: Job, folder: Path) -> Outcome:
    (folder / "world").mkdir()
    process = Process(job, Sandbox(folder / "world", folder / "sandbox"))
    while (outcome := process.poll()) is None:
        time.sleep(0.01)
    return outcome


def test_what_is_no_input_has_to_be_refused(tmp_path: Path) -> None:
    outcome = run(Job(toy(status=0), lambda: None), tmp_path)
    assert judge.judge(outcome, Expectation(("x",), must_fail=True)) == Verdict.SILENT
