"""Memory of training that reads recordings: of all readers together, early and late.

    python -m benchmarks.online_memory --work /tmp/bench_audio --rirs data/debian_voices/RIRS_NOISES

Lists the recordings of benchmarks.online_inputs again and again under other ids, up to
``--num-utts``, each as a copy with noise, whose lines are the longest that stage 2 writes; training
draws further noises and rooms. Counts what is no file's pages, memory that processes share once.
"""

import argparse
import itertools
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.loader import usage
from benchmarks.timing import ROOT, markdown_table
from speakernet.audio.shared_cache import SharedCache
from speakernet.data.config import DataConfig, OnlineAugmentConfig
from speakernet.data.index import read_utterance_index
from speakernet.data.loader import BatchLayout, MicroBatchDataset, iter_micro_batches
from speakernet.data.online_augment import OnlineAugment
from speakernet.data.orders import Permutation, Stream
from speakernet.data.recording_crops import RecordingCrops
from speakernet.kaldi.tables import read_table, write_table
from speakernet.prepare.noise_copies import NoiseOptions, NoiseSet, noisy_entry
from speakernet.signal.extractors import read_feature_options

BATCH = 64


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--rirs", type=Path, required=True)
    parser.add_argument("--num-utts", type=int, default=1_000_000)
    parser.add_argument("--num-crops", type=int, default=200_000)
    parser.add_argument("--num-workers", type=int, default=4)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_tables(folder, args.work / "wav", args.num_utts)
        begun = time.perf_counter()
        batches, config = open_batches(folder, args)
        seconds = time.perf_counter() - begun
        rows = [[f"{args.num_utts:,} utterances are open after", f"{seconds:.1f} s"]]
        rows += measure(batches, config, args.num_crops)
    print(markdown_table(["what", "value"], rows))


def write_tables(folder: Path, source: Path, num_utts: int) -> None:
    """Write ``wav.scp`` and ``utt2spk`` of ``num_utts`` utterances with noise."""
    files = tuple(read_table(source / "wav.scp").values())
    noises = NoiseSet(files, (8.0,) * len(files))
    options = NoiseOptions(background=noises, background_snrs_db=(15, 10, 5))
    names = (f"u{number:07d}" for number in range(num_utts))
    pairs = zip(names, itertools.cycle(files), strict=False)
    entries = {name: noisy_entry(name, file, 8.0, options) for name, file in pairs}
    write_table(folder / "wav.scp", entries.items())
    write_table(folder / "utt2spk", ((name, name[:5]) for name in entries))


def open_batches(folder: Path, args: argparse.Namespace) -> tuple[MicroBatchDataset, DataConfig]:
    """Open the data dir as training does."""
    augment = OnlineAugmentConfig()
    config = DataConfig(
        online_features="device",
        cmn_context=False,
        online_augment=augment,
        num_workers=args.num_workers,
    )
    cache = SharedCache.create(config.cache_mib << 20)
    draws = OnlineAugment(augment, args.work / "musan", args.rirs, 16000, cache)
    utterances = read_utterance_index(folder)
    options = read_feature_options(ROOT / "conf/fbank80.conf")
    crops = RecordingCrops(folder, utterances, config, options, 1, draws)
    stream = Stream(Permutation(len(utterances), 1))
    rows = np.arange(len(utterances))
    layout = BatchLayout(BATCH)
    return MicroBatchDataset(crops, rows, utterances.labels, stream, layout, 1), config


def measure(batches: MicroBatchDataset, config: DataConfig, num_crops: int) -> list[list[str]]:
    """Read ``num_crops`` crops; return memory and open files early, in the middle and late."""
    total = num_crops // BATCH
    at = {max(1, total // 16), total // 2, total - 10}
    rows = []
    begun = time.perf_counter()
    for number, _ in enumerate(iter_micro_batches(batches, range(total), config)):
        if number in at:
            found = ", ".join(f"{value:,.0f} {key}" for key, value in usage().items())
            rows.append([f"after {number * BATCH:,} crops", found])
    speed = num_crops / (time.perf_counter() - begun)
    return [*rows, [f"crops/s of wall time, {config.num_workers} readers", f"{speed:,.0f}"]]


if __name__ == "__main__":
    main()
