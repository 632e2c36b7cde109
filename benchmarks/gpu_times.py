"""Wall time of updates on a GPU, each way in this process, one after the other."""

import argparse
import gc
import statistics
import time
from collections.abc import Callable, Iterator

import torch

from benchmarks.step_ways import WAYS, Update, Way, build_update
from speakernet.data.loader import MicroBatch
from speakernet.train.distributed import World, gather_objects

WARM_UP = 4


def gpu_times(
    model: str,
    ways: list[str],
    source: Callable[[], Iterator[MicroBatch]],
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
    model: str, way: Way, batches: Iterator[MicroBatch], args: argparse.Namespace, world: World
) -> float:
    shape = (args.batch_size, args.accumulate, args.num_classes)
    update = build_update(model, way, world, *shape)
    for _ in range(WARM_UP):
        update(batches)
    first = _window(update, batches, args.updates)
    # An update waits for all processes, so none may run one more than the others.
    windows = gather_objects(max(3, round(args.seconds / args.updates / first)), world)[0]
    return statistics.median(_window(update, batches, args.updates) for _ in range(windows))


def _window(update: Update, batches: Iterator[MicroBatch], updates: int) -> float:
    """Return the seconds of an update, the mean of ``updates``."""
    torch.cuda.synchronize()
    start = time.perf_counter()
    for _ in range(updates):
        update(batches)
    torch.cuda.synchronize()
    return (time.perf_counter() - start) / updates
