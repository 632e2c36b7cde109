"""Crops of waveforms, for networks that compute their own features (tdy).

A crop of ``num_frames`` frames (25 ms every 10 ms) has 160 * num_frames + 240 samples at 16 kHz,
scaled to [-1, 1]. A shorter utterance is repeated up to that length.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from speakernet.arrays import Float32, UInt64
from speakernet.audio.reader import AudioReader
from speakernet.config import UserError
from speakernet.data.config import DataConfig
from speakernet.data.index import UtteranceIndex
from speakernet.data.memory import empty_batch
from speakernet.data.online_augment import OnlineAugment
from speakernet.data.recordings import RecordingTable, Substitutes
from speakernet.data.sample_keys import integer_below

SAMPLE_RATE = 16000
_FRAME_SHIFT, _FRAME_OVERLAP = 160, 240
_FULL_SCALE = np.float32(1 / 32768)


class WaveformCrops:
    """Reads crops of the utterances of ``wav.scp`` and, if it exists, ``segments``.

    Utterances are addressed by row of utt2spk. The constructor raises UserError if these tables
    do not list the same utterances in the same order. ``max_failed_share``: see Substitutes.
    """

    input_dim = 0
    front_end = None

    def __init__(
        self,
        data_dir: Path,
        utterances: UtteranceIndex,
        config: DataConfig,
        augment: OnlineAugment | None = None,
        max_failed_share: float = 0.0,
    ) -> None:
        self.config = config
        self._augment = augment
        self._reader = AudioReader(SAMPLE_RATE)
        self._recordings = RecordingTable(data_dir, utterances)
        self._substitutes = Substitutes(utterances, max_failed_share)

    def prefetch(self, rows: npt.NDArray[np.integer]) -> None:
        """Do nothing: there is no read-ahead of audio."""

    def batch(self, rows: npt.NDArray[np.integer], keys: UInt64) -> Tensor:
        """Return a random crop of each of ``rows``, (batch, samples).

        A crop's position and augmentation are a function of its key. Raises UserError for audio
        that cannot be read.
        """
        length = num_samples(self.config.num_frames)
        crops = empty_batch(len(rows), length)
        drawn = keys.tolist()
        samples = [self._crop(*each, length) for each in zip(rows.tolist(), drawn, strict=True)]
        if self._augment is not None:
            samples = self._augment.batch(samples, list(map(np.random.default_rng, drawn)))
        for crop, values in zip(crops.numpy(), samples, strict=True):
            np.multiply(values, _FULL_SCALE, out=crop)
        return crops

    def centre(self, rows: npt.NDArray[np.integer], num_frames: int) -> Tensor:
        """Return the central crop of each of ``rows``, (batch, samples), without augmentation."""
        length = num_samples(num_frames)
        crops = [self._read(row, length, _middle) for row in rows.tolist()]
        return torch.from_numpy(np.stack(crops) * _FULL_SCALE)

    def _crop(self, row: int, key: int, length: int) -> Float32:
        def read(other: int) -> Float32:
            return self._read(other, length, lambda count: integer_below(key, count))

        return self._substitutes.read(row, key, read)

    def _read(self, row: int, length: int, choose: Callable[[int], int]) -> Float32:
        """Return ``length`` samples of an utterance, which is repeated where it is shorter.

        ``choose``: returns one of as many beginnings as there are.
        """
        utterance = self._recordings[row]
        available = self._reader.num_samples(utterance)
        if not available:
            raise UserError(f"{utterance.place}: utterance '{utterance.name}' is empty")
        if available < length:
            return np.resize(self._reader.read_part(utterance, 0, available), length)
        begin = choose(available - length + 1)
        return self._reader.read_part(utterance, begin, length)


def _middle(count: int) -> int:
    return (count - 1) // 2


def num_samples(num_frames: int) -> int:
    """Return the number of samples that ``num_frames`` frames of 25 ms every 10 ms cover."""
    return _FRAME_SHIFT * num_frames + _FRAME_OVERLAP
