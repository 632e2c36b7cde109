"""Timings on a GPU, with stand-ins for it, as none is at hand."""

import argparse
import itertools
from collections.abc import Iterator
from typing import Any

import pytest
import torch

from benchmarks import gpu_times, step_ways
from benchmarks.cpu_times import CPU
from speakernet.data.loader import MicroBatch


def test_an_error_of_one_way_is_noted_and_the_next_is_timed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("synchronize", "empty_cache", "reset_peak_memory_stats"):
        monkeypatch.setattr(torch.cuda, name, lambda: None)
    monkeypatch.setattr(torch.cuda, "max_memory_reserved", lambda: 2**30)
    monkeypatch.setattr(step_ways, "set_arithmetic", lambda _: None)  # it is the whole process's

    def build(name: str, way: step_ways.Way, *rest: Any) -> step_ways.Update:
        if way.kind == "plain":
            raise AssertionError
        return step_ways.build_update(name, way, *rest)

    monkeypatch.setattr(gpu_times, "build_update", build)
    args = argparse.Namespace(
        batch_size=2, accumulate=2, num_classes=10, num_frames=50, updates=1, seconds=0.0
    )

    def source() -> Iterator[MicroBatch]:
        return itertools.repeat(MicroBatch(torch.randn(2, 50, 80), torch.tensor([1, 2])))

    ways = ["plain_fp32", "ours_eager", "inference"]
    failed, ours, inference = gpu_times.gpu_times("tdnn_c128", ways, source, args, CPU)
    assert failed == ("plain_fp32", None, 1.0, "AssertionError")
    for name, seconds, memory, error in (ours, inference):
        assert name in ways
        assert (memory, error) == (1.0, "")
        assert seconds is not None
        assert seconds > 0
