"""The share of time that training waits for readers of recordings, and what they deliver.

    python -m benchmarks.gpu_readers --workers 8 16 [--json FILE]
    python -m benchmarks.gpu_readers --device cpu --workers 1 2 --model tdnn_c128 --batch-size 8

Crops of 2 s with augmentation (0.6 of them a room or a noise), from wav and m4a, with features
made in the readers and on the device; normalised by the mean of the crop. Recordings, noises and
rooms are made of coloured noise, as a machine with a GPU may have no others; its cost is that of
speech but for the decoder's. The first seconds, in which readers fill their queues, do not count.
"""

import argparse
import itertools
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch

from benchmarks.online_inputs import SAMPLE_RATE, write_data_dir, write_m4a
from benchmarks.online_reader import AUGMENT, crops
from benchmarks.records import Record, append_records, find_record
from benchmarks.step_ways import NETWORKS, WAYS, Update, build_update, device_name
from benchmarks.timing import ROOT, markdown_row, markdown_table
from speakernet.audio.shared_cache import SharedCache
from speakernet.audio.wav import write_wav
from speakernet.data.config import DataConfig
from speakernet.data.front_end import FeatureFrontEnd
from speakernet.data.index import read_utterance_index
from speakernet.data.loader import BatchLayout, MicroBatch, MicroBatchDataset, iter_micro_batches
from speakernet.data.online_augment import OnlineAugment
from speakernet.data.orders import Permutation, Stream
from speakernet.signal.options import FbankOptions
from speakernet.train.distributed import World

Place = Literal["reader", "device"]
SOURCES = ("wav", "m4a")
PLACES: tuple[Place, ...] = ("reader", "device")
_COLUMNS = ["recordings", "features", "readers", "utterances/s", "waits", "readers could"]


def main() -> None:
    """Measure what the file does not have, and print a table line by line."""
    args = _arguments()
    torch.set_num_threads(1)
    world = World(0, 1, 0, 1, torch.device(args.device))
    cases = list(itertools.product(SOURCES, PLACES, args.workers))
    print(markdown_table(_COLUMNS, []), flush=True)
    with tempfile.TemporaryDirectory() as name:
        write_inputs(Path(name), args.num_files)
        update = _update(args, world)
        for case in cases:
            subject = _subject(*case, args, world)
            record = find_record(args.json, subject)
            if record is None:
                record = {**subject, **measure(Path(name), update, case, args)}
                append_records(args.json, [record])
            print(markdown_row(_row(record)), flush=True)


def write_inputs(work: Path, num_files: int) -> None:
    """Write recordings of 8 s (wav, m4a), noises of 20 s and rooms, with their tables."""
    entries: dict[str, dict[str, str]] = {source: {} for source in SOURCES}
    for number in range(num_files):
        samples, name = coloured_noise(8 * SAMPLE_RATE, number), f"s{number % 10}-{number:04d}"
        paths = {source: work / f"{name}.{source}" for source in SOURCES}
        write_wav(paths["wav"], samples, SAMPLE_RATE)
        write_m4a(paths["m4a"], samples, 96_000)
        for source, path in paths.items():
            entries[source][name] = str(path)
    for source, table in entries.items():
        write_data_dir(work / source, dict(sorted(table.items())))
    for number, kind in enumerate(("noise", "music", "speech")):
        path = work / f"{kind}.wav"
        write_wav(path, coloured_noise(20 * SAMPLE_RATE, -number - 1), SAMPLE_RATE)
        write_data_dir(work / f"musan_{kind}", {f"{kind}-0": str(path)})
    for number, room in enumerate(("smallroom", "mediumroom")):
        _write_room(work, room, num_taps=4000 * (number + 1))


def coloured_noise(num_samples: int, number: int) -> npt.NDArray[np.int16]:
    """Return noise (samples,) with less of the high frequencies, as speech has, by a number."""
    rng = np.random.default_rng(number + 1000)
    white = rng.standard_normal(num_samples + 7)
    smooth = np.convolve(white, np.hanning(8), mode="valid")
    loudness = 1.2 + np.sin(np.arange(num_samples) * 2e-4)
    return np.asarray(800 * loudness * smooth, dtype=np.int16)


def _write_room(work: Path, room: str, num_taps: int) -> None:
    decay = np.exp(-np.arange(num_taps) / (num_taps / 6))
    response = np.random.default_rng(num_taps).standard_normal(num_taps) * decay * 3000
    response[20] = 20_000
    write_wav(work / f"{room}.wav", response.astype(np.int16), SAMPLE_RATE)
    line = f"--rir-id {room} --room-id {room} {work / room}.wav\n"
    (work / f"{room}_rir_list").write_text(line, encoding="utf-8")


def _update(args: argparse.Namespace, world: World) -> Update:
    options = FbankOptions.from_file(ROOT / "conf/fbank80.conf")
    front_end = FeatureFrontEnd(options, DataConfig().cmn_window, DataConfig().num_frames)
    way = WAYS["ours_graph" if args.device == "cuda" else "ours_fp32"]
    return build_update(args.model, way, world, args.batch_size, 1, args.num_classes, front_end)


def measure(
    work: Path, update: Update, case: tuple[str, Place, int], args: argparse.Namespace
) -> Record:
    """Train for ``args.seconds`` and return what was measured."""
    source, place, workers = case
    config = DataConfig(num_workers=workers, prefetch_batches=4 * workers)
    dataset = _dataset(work, source, place, args.batch_size)
    batches = iter_micro_batches(
        dataset, range(1_000_000), config, pin_memory=args.device == "cuda"
    )
    _train(update, batches, args.seconds / 2, args.device)
    dataset.times.restart()
    updates = _train(update, batches, args.seconds, args.device)
    return {
        "utterances_per_second": updates * args.batch_size / dataset.times.seconds,
        "waiting_share": dataset.times.waiting_share(),
        "readers_crops_per_second": dataset.times.crops_per_second(),
    }


def _dataset(work: Path, source: str, place: Place, batch_size: int) -> MicroBatchDataset:
    cache = SharedCache.create(DataConfig().cache_mib << 20)
    augment = OnlineAugment(AUGMENT, work / "musan", work, SAMPLE_RATE, cache)
    utterances = read_utterance_index(work / source)
    reader = crops(work / source, augment, place, context=False)
    stream = Stream(Permutation(len(utterances), 1))
    rows, layout = np.arange(len(utterances)), BatchLayout(batch_size)
    return MicroBatchDataset(reader, rows, utterances.labels, stream, layout, 1)


def _train(update: Update, batches: Iterator[MicroBatch], seconds: float, device: str) -> int:
    """Return the number of updates in ``seconds``."""
    count, end = 0, time.perf_counter() + seconds
    while count == 0 or time.perf_counter() < end:
        update(batches)
        if device == "cuda":  # else they would be queued, and the time were Python's
            torch.cuda.synchronize()
        count += 1
    return count


def _subject(
    source: str, place: str, workers: int, args: argparse.Namespace, world: World
) -> Record:
    return {
        "program": "gpu_readers",
        "device": device_name(world.device),
        "torch": torch.__version__,
        "recordings": source,
        "features": place,
        "readers": workers,
        "model": args.model,
        "batch_size": args.batch_size,
    }


def _row(record: Record) -> list[str]:
    return [
        str(record["recordings"]),
        str(record["features"]),
        str(record["readers"]),
        f"{record['utterances_per_second']:,.0f}",
        f"{record['waiting_share']:.1%}",
        f"{record['readers_crops_per_second']:,.0f}",
    ]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    default = "cuda" if torch.cuda.is_available() else "cpu"
    parser.add_argument("--device", choices=("cpu", "cuda"), default=default)
    parser.add_argument("--workers", type=int, nargs="+", default=[8, 16])
    parser.add_argument("--model", default=NETWORKS[0])
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--num-classes", type=int, default=5994)
    parser.add_argument("--num-files", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each measurement")
    parser.add_argument("--json", type=Path, help="file to add to; what it has is left out")
    return parser.parse_args()


if __name__ == "__main__":
    main()
