"""Utterances a second of the training step, beside loops as one would write them.

    python -m benchmarks.train_step [--models NAME …] [--ways NAME …] [--json FILE]
    python -m benchmarks.train_step --device cpu --batch-size 16 --accumulate 1 \
        --ways plain_fp32 ours_fp32_channels_last
    torchrun --nproc-per-node 8 -m benchmarks.train_step --ways ours

Settings are those of the VoxSRC-2020 recipe: crops of 200 frames, 32 × 4 utterances an update and
process, 5,994 speakers with two centers each, L2 before clipping, SGD with momentum. Random crops,
already on the device (``--loader``: read from compressed arks by worker processes). GPU: wall time,
medians; memory is what PyTorch reserved. CPU: CPU time, ways taking turns. "hours": what 23 + 1
epochs of five copies of VoxCeleb2 would take with these processes at this speed.
"""

import argparse
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import torch

from benchmarks.cpu_times import CPU, cpu_times
from benchmarks.gpu_times import gpu_times
from benchmarks.records import Record, append_records, find_record
from benchmarks.step_batches import loaded_batches, random_batches
from benchmarks.step_counts import Ceilings, Counts, ceilings, count
from benchmarks.step_ways import NETWORKS, WAYS, Way, device_name
from benchmarks.timing import markdown_row, markdown_table
from speakernet.data.loader import MicroBatch
from speakernet.train.distributed import (
    World,
    gather_objects,
    init_distributed,
    shut_down_distributed,
)

# What says most comes first, as a part of gpu.sh may be cut off.
GPU_WAYS = ["plain_fp32", "plain_bf16", "ours", "ours_eager", "ours_graph", "ours_compile"]
GPU_WAYS += ["ours_fp16", "ours_deterministic", "ours_recompute", "inference"]
CPU_WAYS = ["plain_fp32", "ours_fp32_channels_last", "plain_bf16", "ours_bf16_channels_last"]
# 23 epochs of 200 frames and one of 600, which costs three times as much, in crops of 200 frames.
RECIPE_CROPS = (122_636 + 3 * 5_332) * 1024


def main() -> None:
    """Measure and print a table."""
    args = _arguments()
    torch.set_num_threads(args.threads)
    world = CPU if args.device == "cpu" else init_distributed(args.threads)
    # All processes go by what the first one found in the file, which it adds to meanwhile.
    missing = gather_objects(_missing(args, world), world)[0]
    if missing:
        _measure_all(missing, args, world)
    shut_down_distributed()


def _missing(args: argparse.Namespace, world: World) -> dict[str, list[str]]:
    """Return the ways of each network that are not in the file; those that failed come last."""
    missing = {}
    for model in args.models:
        found = {w: find_record(args.json, _subject(model, w, args, world)) for w in args.ways}
        failed = [way for way, record in found.items() if record and record["error"]]
        new = [way for way, record in found.items() if record is None]
        if new or failed:
            missing[model] = new + failed
        if world.is_main and len(new + failed) < len(found):
            names = " ".join(way for way in found if way not in new + failed)
            print(f"{args.json} has of {model}: {names}")
    return missing


def _measure_all(missing: dict[str, list[str]], args: argparse.Namespace, world: World) -> None:
    """Write the records, and print the table line by line: it may be cut off."""
    limits = ceilings(world.device) if world.device.type == "cuda" else None
    if world.is_main:
        print(f"{device_name(world.device)}, {world.size} process(es), {limits or 'CPU time'}\n")
        print(markdown_table(_COLUMNS, []))
    with ExitStack() as stack:
        loaded = loaded_batches(args, world, stack) if args.loader else None
        for model, ways in missing.items():
            for record in measure(model, ways, loaded, limits, args, world):
                if world.is_main:
                    append_records(args.json, [record])
                    print(markdown_row(_row(record)))


def measure(
    model: str,
    ways: list[str],
    loaded: Callable[[], Iterator[MicroBatch]] | None,
    limits: Ceilings | None,
    args: argparse.Namespace,
    world: World,
) -> Iterator[Record]:
    """Yield a record for each of the ways to compute ``model``, on ``loaded`` or random batches."""
    counts = count(model, args)
    times: Iterator[tuple[str, float | None, float, str]]
    if world.device.type == "cuda":
        times = gpu_times(model, ways, loaded or random_batches(model, args, world), args, world)
    else:
        times = ((name, seconds, 0.0, "") for name, seconds in cpu_times(model, ways, args))
    for name, seconds, memory, error in times:
        yield {
            **_subject(model, name, args, world),
            "seconds_per_update": seconds,
            "peak_memory_gib": memory,
            "error": error,
            **_derived(seconds, WAYS[name], counts, limits, args, world),
        }


def _subject(model: str, way: str, args: argparse.Namespace, world: World) -> Record:
    """Return what is measured."""
    return {
        "program": "train_step" + (" with loader" if args.loader else ""),
        "device": device_name(world.device),
        "torch": torch.__version__,
        "processes": world.size,
        "loader_workers": args.loader,
        "model": model,
        "way": way,
        "batch_size": args.batch_size,
        "accumulate": args.accumulate,
        "num_frames": args.num_frames,
        "num_classes": args.num_classes,
    }


def _derived(
    seconds: float | None,
    way: Way,
    counts: Counts,
    limits: Ceilings | None,
    args: argparse.Namespace,
    world: World,
) -> Record:
    """Return what follows from the time of an update."""
    facts: dict[str, object] = {f"counted_{k}": v for k, v in counts._asdict().items()}
    if limits is not None:
        facts |= {f"measured_{k}": v for k, v in limits._asdict().items()}
    if seconds is None:
        return facts
    rate = args.batch_size * args.accumulate * world.size / seconds
    facts |= {"utterances_per_second": rate, "hours": RECIPE_CROPS / rate / 3600}
    if limits is not None and way.kind != "inference":
        teraflop = counts.gigaflop / 1000 / args.batch_size * rate / world.size
        facts["share_of_peak"] = teraflop / limits.teraflop_per_second
    return facts


_COLUMNS = ["network", "way", "utterances/s", "hours", "share of peak", "GiB"]


def _row(record: Record) -> list[str]:
    if record["seconds_per_update"] is None:
        return [str(record["model"]), str(record["way"]), str(record["error"]), "", "", ""]
    share = record.get("share_of_peak")
    return [
        str(record["model"]),
        str(record["way"]),
        f"{record['utterances_per_second']:,.2f}",
        f"{record['hours']:,.0f}",
        f"{share:.1%}" if isinstance(share, float) else "",
        f"{record['peak_memory_gib']:.1f}",
    ]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    default = "cuda" if torch.cuda.is_available() else "cpu"
    parser.add_argument("--device", choices=("cpu", "cuda"), default=default)
    parser.add_argument("--models", nargs="+", default=NETWORKS)
    parser.add_argument("--ways", nargs="+", choices=list(WAYS))
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--accumulate", type=int, default=4)
    parser.add_argument("--num-frames", type=int, default=200)
    parser.add_argument("--num-classes", type=int, default=5994)
    parser.add_argument("--loader", type=int, default=0, help="GPU: read by that many workers")
    parser.add_argument("--seconds", type=float, default=3.0, help="GPU: to measure for")
    parser.add_argument("--updates", type=int, default=5, help="GPU: updates of one timing")
    parser.add_argument("--repeats", type=int, default=3, help="CPU: timings")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", type=Path, help="file to add to; what it has is left out")
    args = parser.parse_args()
    if args.device == "cuda" and not torch.cuda.is_available():
        parser.error("torch sees no GPU")
    if args.device == "cpu" and args.loader:
        parser.error("--loader is for GPUs; benchmarks/loader.py measures reading on a CPU")
    args.ways = args.ways or (GPU_WAYS if args.device == "cuda" else CPU_WAYS)
    return args


if __name__ == "__main__":
    main()
