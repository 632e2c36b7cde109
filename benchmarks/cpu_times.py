"""CPU time of updates. Plain loops and ours have a process each, which take turns.

``keep_freed_memory`` changes for good how the C library hands out memory, so a process in which it
was called is no place for a plain loop.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from functools import partial
from multiprocessing import get_context

import torch

from benchmarks.step_batches import random_batches
from benchmarks.step_ways import WAYS, build_update
from speakernet.nn.host_memory import keep_freed_memory
from speakernet.train.distributed import World

CPU = World(0, 1, 0, 1, torch.device("cpu"))

_updates: dict[str, Callable[[], object]] = {}


def cpu_times(model: str, ways: list[str], args: argparse.Namespace) -> Iterator[tuple[str, float]]:
    """Yield the name of each way and the median of its seconds, after one turn to warm up."""
    kinds = sorted({WAYS[name].kind for name in ways})
    times: dict[str, list[float]] = {name: [] for name in ways}
    with ExitStack() as stack:
        processes: dict[str, ProcessPoolExecutor] = {}
        for kind in kinds:
            processes[kind] = stack.enter_context(ProcessPoolExecutor(1, get_context("spawn")))
            processes[kind].submit(_prepare, model, kind, ways, args).result()
        for _ in range(args.repeats + 1):
            for name, seconds in times.items():
                seconds.append(processes[WAYS[name].kind].submit(_time, name).result())
    for name, (_, *seconds) in times.items():
        yield name, statistics.median(seconds)


def _prepare(model: str, kind: str, ways: list[str], args: argparse.Namespace) -> None:
    torch.set_num_threads(args.threads)
    if kind == "ours":
        keep_freed_memory()
    batches = random_batches(model, args, CPU)()
    shape = (args.batch_size, args.accumulate, args.num_classes)
    for name in ways:
        if WAYS[name].kind == kind:
            update = build_update(model, WAYS[name], CPU, *shape)
            _updates[name] = partial(update, batches)


def _time(name: str) -> float:
    start = time.process_time()
    _updates[name]()
    return time.process_time() - start
