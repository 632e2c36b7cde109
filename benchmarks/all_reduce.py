"""Seconds of the message of an update: the gradients of all parameters, added up by all processes.

    torchrun --nproc-per-node 8 -m benchmarks.all_reduce [--models NAME …] [--json FILE]

By NCCL between GPUs, by gloo between CPUs. A single process has no peer, which still shows
whether the library works at all. Medians of wall time.
"""

import argparse
import statistics
import time
from pathlib import Path

import torch
import torch.distributed as dist
from torch import Tensor

from benchmarks.records import append_records
from benchmarks.step_ways import NETWORKS, build_objective, device_name
from benchmarks.timing import markdown_table
from speakernet.train.config import TrainConfig
from speakernet.train.distributed import World, init_distributed, shut_down_distributed
from speakernet.train.step import GradientBuffer


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", nargs="+", default=NETWORKS)
    parser.add_argument("--num-classes", type=int, default=5994)
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--json", type=Path, help="file to add the results to")
    args = parser.parse_args()
    world = init_distributed(1)
    if not dist.is_initialized():  # training has no group of one
        backend = "nccl" if world.device.type == "cuda" else "gloo"
        store = dist.HashStore()  # type: ignore[attr-defined]
        dist.init_process_group(backend, store=store, rank=0, world_size=1)
    rows = []
    for model in args.models:
        objective = build_objective(model, TrainConfig(), args.num_classes).to(world.device)
        gradient = GradientBuffer(objective.parameters()).flat
        seconds, size = _seconds(gradient, args.repeats), gradient.nbytes
        rows.append([model, f"{size / 1e6:.1f}", f"{1000 * seconds:.3f}"])
        if world.is_main:
            append_records(args.json, [_record(model, world, size, seconds)])
    if world.is_main:
        print(f"{world.size} process(es) on {world.device.type}\n")
        print(markdown_table(["network", "MB", "milliseconds"], rows))
    shut_down_distributed()


def _record(model: str, world: World, size: int, seconds: float) -> dict[str, object]:
    return {
        "program": "all_reduce",
        "device": device_name(world.device),
        "torch": torch.__version__,
        "processes": world.size,
        "model": model,
        "bytes": size,
        "seconds": seconds,
    }


def _seconds(gradient: Tensor, repeats: int) -> float:
    """Return the median after three messages to warm up."""
    times = []
    for _ in range(repeats + 3):
        _wait(gradient)
        start = time.perf_counter()
        dist.all_reduce(gradient)
        _wait(gradient)
        times.append(time.perf_counter() - start)
    return statistics.median(times[3:])


def _wait(gradient: Tensor) -> None:
    if gradient.is_cuda:
        torch.cuda.synchronize()


if __name__ == "__main__":
    main()
