"""This package's readers of augmented crops, one in a process; benchmarks.online_loader runs it.

Augmentation is as often and of the kinds that wespeaker draws: 0.6 of the crops get, half each, a
room or one recording of MUSAN.
"""

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from benchmarks.reader_turns import serve
from benchmarks.timing import ROOT
from speakernet.arrays import Int64, UInt64
from speakernet.data.config import DataConfig, OnlineAugmentConfig
from speakernet.data.index import read_utterance_index
from speakernet.data.online_augment import OnlineAugment
from speakernet.data.sample_keys import generator, sample_keys
from speakernet.data.waveform_crops import SAMPLE_RATE, WaveformCrops
from speakernet.signal.fbank import Fbank
from speakernet.signal.options import FbankOptions

ReadBatch = Callable[[Int64, UInt64], Tensor]
Way = Callable[[Path, OnlineAugment], ReadBatch]
NUM_FRAMES, SEED = 200, 0
_CONFIG = OnlineAugmentConfig(
    probability=0.6, noise_snr_db=(0, 15), music_snr_db=(5, 15), babble_snr_db=(10, 30),
    babble_voices=(1, 1),
)  # fmt: skip


class RoomOrRecording(OnlineAugment):
    """Draws a room as often as any recording of noise, music or speech."""

    def __init__(self, musan: Path, rirs: Path) -> None:
        super().__init__(_CONFIG, musan, rirs, SAMPLE_RATE)
        recordings = (self._noise, self._music, self._babble)
        self._kinds = (*recordings, *len(recordings) * (self._reverb,))


def waveforms(data_dir: Path, augment: OnlineAugment) -> ReadBatch:
    """Return a reader of waveforms, (batch, samples): features are computed on the device."""
    config = DataConfig(num_frames=NUM_FRAMES, online_augment=_CONFIG)
    return WaveformCrops(data_dir, read_utterance_index(data_dir), config, augment).batch


def waveforms_fbank(data_dir: Path, augment: OnlineAugment) -> ReadBatch:
    """Return a reader of features, (batch, time, mel), less the mean of each crop."""
    read = waveforms(data_dir, augment)
    extract = Fbank(FbankOptions.from_file(ROOT / "conf/fbank80.conf"))

    def batch(rows: Int64, keys: UInt64) -> Tensor:
        crops = read(rows, keys).numpy() * np.float32(32768)
        features = [extract(crop, seed=key) for crop, key in zip(crops, keys.tolist(), strict=True)]
        return torch.from_numpy(np.stack([each - each.mean(axis=0) for each in features]))

    return batch


WAYS: dict[str, Way] = {"waveforms": waveforms, "waveforms_fbank": waveforms_fbank}


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
    read = WAYS[args.way](args.data_dir, RoomOrRecording(args.musan, args.rirs))
    batches = iter_batches(len(read_utterance_index(args.data_dir)), args.batch_size)
    serve(lambda: len(read(*next(batches))))


def iter_batches(num_utts: int, batch_size: int) -> Iterator[tuple[Int64, UInt64]]:
    """Yield rows and keys without end, the rows in a random order."""
    rng, number = generator(SEED), 0
    while True:
        keys = sample_keys(SEED, number * batch_size, batch_size)
        yield rng.integers(num_utts, size=batch_size), keys
        number += 1


if __name__ == "__main__":
    main()
