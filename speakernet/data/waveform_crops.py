"""Crops of waveforms, for networks that compute their own features (tdy).

A crop of ``num_frames`` frames (25 ms every 10 ms) has 160 * num_frames + 240 samples at 16 kHz,
scaled to [-1, 1]. A shorter utterance is repeated up to that length.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from speakernet.arrays import Float32, UInt64
from speakernet.audio.reader import AudioReader
from speakernet.config import UserError
from speakernet.data.config import DataConfig
from speakernet.data.index import StringColumn, UtteranceIndex
from speakernet.data.memory import empty_batch
from speakernet.data.online_augment import OnlineAugment
from speakernet.data.sample_keys import integer_below
from speakernet.kaldi.wav_scp import Utterance, iter_utterances

SAMPLE_RATE = 16000
_FRAME_SHIFT, _FRAME_OVERLAP = 160, 240
_FULL_SCALE = np.float32(1 / 32768)


class WaveformCrops:
    """Reads crops of the utterances of ``wav.scp`` and, if it exists, ``segments``.

    Utterances are addressed by row of utt2spk. The constructor raises UserError if these tables
    do not list the same utterances in the same order.
    """

    input_dim = 0

    def __init__(
        self,
        data_dir: Path,
        utterances: UtteranceIndex,
        config: DataConfig,
        augment: OnlineAugment | None = None,
    ) -> None:
        if config.online_augment is not None and augment is None:
            raise UserError("data.online_augment needs the options --musan and --rirs")
        self.config = config
        self._ids = utterances.ids
        self._augment = augment
        self._reader = AudioReader(SAMPLE_RATE)
        self._entries, self._places = StringColumn(), StringColumn()
        times = []
        for utterance in _iter_aligned(data_dir, utterances):
            self._entries.append(utterance.entry)
            self._places.append(utterance.place)
            times.append((utterance.start_s, utterance.end_s))
        no_segments = all(start is None for start, _ in times)
        self._times = None if no_segments else np.array(times, dtype=np.float64)

    def prefetch(self, rows: npt.NDArray[np.integer]) -> None:
        """Do nothing: there is no read-ahead of audio."""

    def batch(self, rows: npt.NDArray[np.integer], keys: UInt64) -> Tensor:
        """Return a random crop of each of ``rows``, (batch, samples).

        A crop's position and augmentation are a function of its key. Raises UserError for audio
        that cannot be read.
        """
        length = num_samples(self.config.num_frames)
        crops = empty_batch(len(rows), length)
        for crop, row, key in zip(crops.numpy(), rows.tolist(), keys.tolist(), strict=True):
            crop[:] = self._crop(row, key, length)
        return crops

    def centre(self, rows: npt.NDArray[np.integer], num_frames: int) -> Tensor:
        """Return the central crop of each of ``rows``, (batch, samples), without augmentation."""
        length = num_samples(num_frames)
        crops = [self._read(row, length, _middle) for row in rows.tolist()]
        return torch.from_numpy(np.stack(crops) * _FULL_SCALE)

    def _crop(self, row: int, key: int, length: int) -> Float32:
        crop = self._read(row, length, lambda count: integer_below(key, count))
        if self._augment is not None:
            crop = self._augment(crop, np.random.default_rng(key))
        return crop * _FULL_SCALE

    def _read(self, row: int, length: int, choose: Callable[[int], int]) -> Float32:
        """Return ``length`` samples of an utterance, which is repeated where it is shorter.

        ``choose``: returns one of as many beginnings as there are.
        """
        start, end = (None, None) if self._times is None else self._times[row].tolist()
        utterance = Utterance(self._ids[row], self._entries[row], self._places[row], start, end)
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


def _iter_aligned(data_dir: Path, utterances: UtteranceIndex) -> Iterator[Utterance]:
    """Yield the utterances of a data dir; UserError where they are not those of utt2spk."""
    row = -1
    for row, utterance in enumerate(iter_utterances(data_dir)):
        if utterance.problem:
            raise UserError(f"{utterance.place}: utterance '{utterance.name}': {utterance.problem}")
        expected = utterances.ids[row] if row < len(utterances) else None
        if utterance.name != expected:
            raise UserError(
                f"{utterance.place}: utterance '{utterance.name}'; utt2spk has "
                f"{'no more' if expected is None else repr(expected)} there"
            )
        yield utterance
    if row + 1 != len(utterances):
        raise UserError(f"{data_dir}: wav.scp ends before utterance '{utterances.ids[row + 1]}'")
