"""Wall time of updates on a GPU, each way in this process, one after the other."""

import argparse
import gc
import statistics
import time
from collections.abc import Callable, Iterator

import torch

from benchmarks.step_ways import WAYS, Way, build_update
from speakernet.data.loader import Batch
from speakernet.train.distributed import World

WARM_UP = 4


def gpu_times(
    model: str,
    ways: list[str],
    source: Callable[[], Iterator[Batch]],
    args: argparse.Namespace,
    world: World,
) -> Iterator[tuple[str, float | None, float, str]]:
    """Yield name, seconds of an update, peak memory in GiB, and why there is no time."""
    for name in ways:
        torch.compiler.reset()
        gc.collect()
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
        seconds, error = None, ""
        try:
            seconds = _seconds(model, WAYS[name], source(), args, world)
        except Exception as failure:  # whatever it is, the other ways are worth measuring
            lines = str(failure).splitlines()
            error = ": ".join([type(failure).__name__, *lines[:1]])
        yield name, seconds, torch.cuda.max_memory_reserved() / 2**30, error


def _seconds(
    model: str, way: Way, batches: Iterator[Batch], args: argparse.Namespace, world: World
) -> float:
    shape = (args.batch_size, args.accumulate, args.num_classes)
    update = build_update(model, way, world, *shape)
    for _ in range(WARM_UP):
        update(batches)
    windows: list[float] = []
    end = time.perf_counter() + args.seconds
    while time.perf_counter() < end or len(windows) < 3:
        torch.cuda.synchronize()
        start = time.perf_counter()
        for _ in range(args.updates):
            update(batches)
        torch.cuda.synchronize()
        windows.append((time.perf_counter() - start) / args.updates)
    return statistics.median(windows)
