"""Crops per second and core from compressed arks; the loader's memory and open files.

    python -m benchmarks.loader --num-utts 200000 --out exp/benchmarks

Makes ``--num-arks`` arks (more than are kept open) of ``--num-matrices`` matrices (80 bins, 200 to
1,400 frames, as VoxCeleb's) and a data directory that lists each several times. Speeds are those of
making batches in this process, CPU time, systems taking turns; only the rows of one worker (memory,
open files, wall time) go through the whole loader, with its process and its queue. "kaldiio"
reads the whole matrix, normalises it and cuts: what a plain PyTorch recipe does. The cold rows
first make the system forget the arks' pages.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from benchmarks.timing import markdown_table
from speakernet.data.config import BlocksOrder, DataConfig, PermutationOrder, SkipOrder
from speakernet.data.feature_crops import FeatureCrops
from speakernet.data.index import UtteranceIndex, read_utterance_index
from speakernet.data.loader import BatchLayout, MicroBatchDataset, iter_micro_batches
from speakernet.data.orders import Stream, build_order
from speakernet.kaldi.ark import ArkWriter
from speakernet.signal.cmvn import sliding_cmn

MEL, FRAMES, BATCH = 80, 200, 128


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--num-utts", type=int, default=200_000)
    parser.add_argument("--num-matrices", type=int, default=4_000)
    parser.add_argument("--num-arks", type=int, default=200)
    parser.add_argument("--num-crops", type=int, default=6_400)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_data(folder, args.num_matrices, args.num_utts, args.num_arks)
        result = {
            **measure_speed(folder, args.num_crops, args.repeats),
            **measure_cold(folder, args.num_crops),
            **measure_memory(folder, args.num_utts),
        }
    rows = [[key, f"{value:,.1f}"] for key, value in result.items()]
    print(markdown_table(["what", "value"], rows))
    if args.out:
        args.out.mkdir(parents=True, exist_ok=True)
        (args.out / "loader.json").write_text(json.dumps(result, indent=1) + "\n")


def make_data(folder: Path, num_matrices: int, num_utts: int, num_arks: int = 200) -> None:
    """Write matrices to ``num_arks`` arks, and the tables of a data directory."""
    rng = np.random.default_rng(0)
    places: list[str] = []
    for numbers in np.array_split(np.arange(num_matrices), min(num_arks, num_matrices)):
        ark = folder / f"feats.{numbers[0]}.ark"
        scp = ark.with_suffix(".scp")
        with ArkWriter(ark, scp, compress=True, fsync=False) as writer:
            for number in numbers.tolist():
                steps = rng.standard_normal((int(rng.integers(200, 1400)), MEL))
                writer.write(f"m{number:06d}", (steps.cumsum(axis=0) * 0.3).astype(np.float32))
        places += [line.split()[1] for line in scp.read_text().splitlines()]
    with (folder / "feats.scp").open("w") as scp_file, (folder / "utt2spk").open("w") as owners:
        for number in range(num_utts):
            scp_file.write(f"u{number:07d} {places[number % num_matrices]}\n")
            owners.write(f"u{number:07d} s{number // 200:05d}\n")


def open_batches(folder: Path, config: DataConfig, speakers: UtteranceIndex) -> MicroBatchDataset:
    """Return the batches of one process."""
    order = build_order(config.order, speakers.labels, 0, group=1, global_batch=BATCH)
    crops = FeatureCrops(folder, speakers, config)
    rows = np.arange(len(speakers))
    return MicroBatchDataset(
        crops, rows, speakers.labels, Stream(order), BatchLayout(BATCH), seed=0
    )


def measure_speed(folder: Path, num_crops: int, repeats: int) -> dict[str, float]:
    """Return crops per CPU second of each way to read, with warm pages."""
    speakers = read_utterance_index(folder)
    systems: dict[str, Callable[[int], None]] = {}
    for order in (PermutationOrder(), BlocksOrder(), SkipOrder()):
        config = DataConfig(order=order, num_workers=0)
        systems[f"{order.type} with CMN"] = _reader(open_batches(folder, config, speakers))
    bare = DataConfig(cmn_window=None, num_workers=0)
    systems["permutation without CMN"] = _reader(open_batches(folder, bare, speakers))
    systems["kaldiio, whole matrices, with CMN"] = lambda count: read_whole(folder, count // 8)
    speeds: dict[str, list[float]] = {name: [] for name in systems}
    turns = list(systems.items())
    for _ in range(repeats):
        turns.append(turns.pop(0))  # so that none always follows the same one
        for name, read in turns:
            count = num_crops // 8 if name.startswith("kaldiio") else num_crops
            start = time.process_time()
            read(num_crops)
            speeds[name].append(count / (time.process_time() - start))
    return {f"crops/s, {name}": statistics.median(values) for name, values in speeds.items()}


def _reader(batches: MicroBatchDataset) -> Callable[[int], None]:
    batches[0]  # the first one shuffles the pass

    def read(count: int) -> None:
        for number in range(count // BATCH):
            batches[number]

    return read


def read_whole(folder: Path, count: int) -> None:
    """Read, normalise and cut whole matrices by kaldiio, in random order."""
    import kaldiio  # make_data is needed where kaldiio may be missing

    rng = np.random.default_rng(0)
    with (folder / "feats.scp").open() as table:
        places = [line.split()[1] for line, _ in zip(table, range(4000), strict=False)]
    for place in rng.choice(places, count):
        matrix = sliding_cmn(kaldiio.load_mat(str(place)))
        begin = int(rng.integers(len(matrix) - FRAMES + 1))
        matrix[begin : begin + FRAMES].copy()


def measure_cold(folder: Path, num_crops: int) -> dict[str, float]:
    """Return wall-clock crops per second right after the arks were forgotten, in both orders."""
    speakers = read_utterance_index(folder)
    result = {}
    for order in (PermutationOrder(), BlocksOrder(blocks_in_window=4)):
        config = DataConfig(order=order, num_workers=0)
        read = _reader(open_batches(folder, config, speakers))
        forget(folder)
        start = time.perf_counter()
        read(num_crops // 2)
        result[f"crops/s, {order.type}, cold"] = num_crops // 2 / (time.perf_counter() - start)
    return result


def forget(folder: Path) -> None:
    """Drop the arks from the page cache."""
    for ark in folder.glob("*.ark"):
        with ark.open("rb") as stream:
            os.fsync(stream.fileno())
            os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def measure_memory(folder: Path, num_crops: int) -> dict[str, float]:
    """Read ``num_crops`` crops by one worker; return memory and open files early and late."""
    speakers = read_utterance_index(folder)
    config = DataConfig(num_workers=1)
    batches = open_batches(folder, config, speakers)
    total = num_crops // BATCH
    stream: Iterator[object] = iter_micro_batches(batches, range(total), config)
    early: dict[str, float] = {}
    late: dict[str, float] = {}
    first, last = min(100, total // 4), max(total - 10, total // 2)
    start = time.perf_counter()
    for number, _ in enumerate(stream):
        if number == first:
            early = usage()
        if number == last:
            late = usage()
    speed = num_crops / (time.perf_counter() - start)
    return {
        **{f"{key} after {first * BATCH} crops": value for key, value in early.items()},
        **{f"{key} after {num_crops} crops": value for key, value in late.items()},
        "crops/s of wall time, 1 worker": speed,
    }


def usage() -> dict[str, float]:
    """Return the MiB of this process and its children that are no file's pages; open files."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    anonymous = 0
    for process in ["self", *children]:
        for line in Path(f"/proc/{process}/status").read_text().splitlines():
            if line.startswith("RssAnon"):
                anonymous += int(line.split()[1])
    files = sum(len(os.listdir(f"/proc/{process}/fd")) for process in ["self", *children])
    return {"MiB": anonymous / 1024, "open files": float(files)}


if __name__ == "__main__":
    main()
