"""This package's readers of augmented crops, one in a process; benchmarks.online_loader runs it.

Augmentation is as often and of the kinds that wespeaker draws: 0.6 of the crops get, half each, a
room or one recording of MUSAN.
"""

import argparse
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Literal

import torch

from benchmarks.reader_turns import serve
from benchmarks.timing import ROOT
from speakernet.arrays import Int64, UInt64
from speakernet.audio.shared_cache import SharedCache
from speakernet.data.config import AugmentKindsConfig, DataConfig, OnlineAugmentConfig
from speakernet.data.index import read_utterance_index
from speakernet.data.online_augment import OnlineAugment
from speakernet.data.recording_crops import RecordingCrops
from speakernet.data.sample_keys import generator, sample_keys
from speakernet.data.waveform_crops import SAMPLE_RATE
from speakernet.signal.options import FbankOptions

Way = Callable[[Path, OnlineAugment], RecordingCrops]
NUM_FRAMES, SEED = 200, 0
AUGMENT = OnlineAugmentConfig(
    probability=0.6,
    kinds=AugmentKindsConfig(reverb=3, noise=1, music=1, babble=1),
    noise_snr_db=(0, 15),
    music_snr_db=(5, 15),
    babble_snr_db=(10, 30),
    babble_voices=(1, 1),
)


def crops(
    data_dir: Path, augment: OnlineAugment, where: Literal["reader", "device"], *, context: bool
) -> RecordingCrops:
    """Return a reader of features, (batch, time, mel), or of what the device makes them from.

    With ``context`` a crop is normalised by the sliding mean of the whole utterance, for which more
    is read; without, by its own mean.
    """
    config = DataConfig(
        num_frames=NUM_FRAMES, online_augment=AUGMENT, online_features=where, cmn_context=context
    )
    options = FbankOptions.from_file(ROOT / "conf/fbank80.conf")
    utterances = read_utterance_index(data_dir)
    return RecordingCrops(data_dir, utterances, config, options, SEED, augment)


WAYS: dict[str, Way] = {
    "reader": partial(crops, where="reader", context=False),
    "reader_context": partial(crops, where="reader", context=True),
    "device": partial(crops, where="device", context=False),
    "device_context": partial(crops, where="device", context=True),
}


def main() -> None:
    """Serve batches of crops."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("way", choices=WAYS)
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("--musan", type=Path, required=True)
    parser.add_argument("--rirs", type=Path, required=True)
    parser.add_argument("--batch-size", type=int, default=64)
    args = parser.parse_args()
    torch.set_num_threads(1)
    cache = SharedCache.create(DataConfig().cache_mib << 20)
    augment = OnlineAugment(AUGMENT, args.musan, args.rirs, SAMPLE_RATE, cache)
    reader = WAYS[args.way](args.data_dir, augment)
    batches = iter_batches(len(read_utterance_index(args.data_dir)), args.batch_size)

    def read_batch() -> int:
        reader.batch(*next(batches))
        return int(args.batch_size)

    serve(read_batch)


def iter_batches(num_utts: int, batch_size: int) -> Iterator[tuple[Int64, UInt64]]:
    """Yield rows and keys without end, the rows in a random order."""
    rng, number = generator(SEED), 0
    while True:
        keys = sample_keys(SEED, number * batch_size, batch_size)
        yield rng.integers(num_utts, size=batch_size), keys
        number += 1


if __name__ == "__main__":
    main()
