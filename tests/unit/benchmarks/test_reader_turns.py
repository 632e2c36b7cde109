"""Readers that take turns: what is counted, and what a reader's end says."""

import sys
from pathlib import Path

import pytest

from benchmarks.reader_turns import Reader, Turn, crops_per_second, take_turns
from benchmarks.timing import ENVIRONMENT

SERVING = """
import subprocess, sys
from benchmarks.reader_turns import serve
def read_batch():
    {work}
    return 3
serve(read_batch)
"""
SPIN = "sum(range(200_000))"


def reader(work: str) -> Reader:
    return Reader([sys.executable, "-c", SERVING.format(work=work)], ENVIRONMENT)


def test_cpu_time_of_a_readers_children_is_its_own() -> None:
    child = f"subprocess.run([sys.executable, '-c', '{SPIN}'], check=True)"
    found = take_turns({"itself": reader(SPIN), "child": reader(child)}, 0.1, 3)
    assert [len(turns) for turns in found.values()] == [3, 3]
    for turn in (*found["itself"], *found["child"]):
        assert turn.num_crops % 3 == 0 < turn.num_crops
        assert 0.1 <= turn.cpu_s < 5
    assert all(turn.num_crops < 40 for turn in found["child"])  # a process takes 10 ms or more


def test_a_reader_that_ends_is_named(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match=r"odd one: ended with status 7; see above"):
        take_turns({"odd one": reader("print('why', file=sys.stderr); sys.exit(7)")}, 0.1, 1)
    assert capfd.readouterr().err == "why\n"


def test_speed_is_the_median() -> None:
    turns = [Turn(100, cpu, 9.0) for cpu in (1.0, 2.0, 10.0)]
    assert crops_per_second(turns) == 50


def test_the_peers_reader_needs_nothing_of_this_package() -> None:
    root = Path(__file__).parents[3]
    for name in ("reader_turns.py", "timing.py", "peers/wespeaker_loader.py"):
        assert "speakernet" not in (root / "benchmarks" / name).read_text()
