"""When a training is said to wait for its readers, and what it is advised."""

import os

import pytest
import torch

from speakernet.train.distributed import World
from speakernet.train.waiting import WaitingWatch, reading_advice


def warned(caplog: pytest.LogCaptureFixture, *intervals: tuple[float, float]) -> list[int]:
    """The intervals, by number, at which a warning came."""
    watch, found = WaitingWatch("try more"), []
    for number, (seconds, share) in enumerate(intervals):
        caplog.clear()
        watch.add(seconds, share)
        found += [number] * len(caplog.records)
    return found


def test_it_is_said_once_and_again_where_it_got_much_worse(
    caplog: pytest.LogCaptureFixture,
) -> None:
    shares = [0.0, 0.02, 0.05, 0.06, 0.06, 0.11, 0.13, 0.02, 0.2, 0.27, 0.99]
    assert warned(caplog, *((100.0, share) for share in shares)) == [3, 6, 9, 10]
    assert caplog.messages == ["training waited for its readers 99 % of the last 100 s; try more"]


def test_the_first_interval_is_not_judged(caplog: pytest.LogCaptureFixture) -> None:
    assert warned(caplog, (500.0, 0.9), (100.0, 0.01)) == []


def test_short_intervals_are_judged_together(caplog: pytest.LogCaptureFixture) -> None:
    one_in_four = [(10.0, 0.0), *[(10.0, share) for share in (0.4, 0.0, 0.0, 0.0)] * 5]
    assert warned(caplog, *one_in_four) == [6]
    one_slow_file = [(1.0, 0.0), (1.0, 1.0), *[(1.0, 0.0)] * 200]
    assert warned(caplog, *one_slow_file) == []


@pytest.mark.parametrize(
    ("workers", "processes", "device", "advice"),
    [
        (2, 1, "cuda", "try data.num_workers=15 (2 now, 13 of 16 processors are free); else feat"),
        (0, 4, "cuda", "try data.num_workers=3 (0 now, 12 of 16 processors are free); else feat"),
        (6, 2, "cuda", "try data.num_workers=7 (6 now, 2 of 16 processors are free); else feat"),
        (2, 5, "cuda", "data.num_workers=2 leaves none of the 16 processors free; try features on"),
        (2, 1, "cpu", "data.num_workers=2 leaves none of the 16 processors free; try fewer augm"),
    ],
)
def test_advice_counts_the_processors(
    workers: int, processes: int, device: str, advice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(16)))
    monkeypatch.setattr(torch, "get_num_threads", lambda: 16)
    world = World(0, processes, 0, processes, torch.device(device))
    assert reading_advice(workers, world).startswith(advice)
