"""Crops of waveforms, for networks with a front end of their own (tdy).

A crop of ``num_frames`` frames has 160 * num_frames + 240 samples of 16 kHz, scaled to [-1, 1]. An
utterance that is shorter is repeated up to that length.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from speakernet.arrays import Float32, UInt64
from speakernet.config import UserError
from speakernet.audio.reader import AudioReader
from speakernet.data.config import DataConfig
from speakernet.data.index import Speakers, Strings
from speakernet.data.online_augment import OnlineAugment
from speakernet.data.memory import empty_batch
from speakernet.data.sample_keys import below
from speakernet.kaldi.wav_scp import Utterance, iter_utterances


SAMPLE_RATE = 16000
_SHIFT, _OVERLAP = 160, 240
_FULL_SCALE = np.float32(1 / 32768)


class WaveformCrops:
    """Reads crops of ``wav.scp`` (with ``segments``, if there are any); rows as in utt2spk."""

    input_dim = 0

    def __init__(
        self,
        data_dir: Path,
        speakers: Speakers,
        config: DataConfig,
        augment: OnlineAugment | None = None,
    ) -> None:
        if config.online_augment is not None and augment is None:
            raise UserError("data.online_augment needs the options --musan and --rirs")
        self.config = config
        self._ids = speakers.ids
        self._augment = augment
        self._reader = AudioReader(SAMPLE_RATE)
        self._entries, self._places = Strings(), Strings()
        times = []
        for utterance in _aligned(data_dir, speakers):
            self._entries.append(utterance.entry)
            self._places.append(utterance.place)
            times.append((utterance.start_s, utterance.end_s))
        whole = all(start is None for start, _ in times)
        self._times = None if whole else np.array(times, dtype=np.float64)

    def prefetch(self, rows: npt.NDArray[np.integer]) -> None:
        """Do nothing: audio files are read whole."""

    def batch(self, rows: npt.NDArray[np.integer], keys: UInt64) -> Tensor:
        """Return crops (batch, samples) of ``rows``; each key decides everything random."""
        length = num_samples(self.config.num_frames)
        crops = empty_batch(len(rows), length)
        for crop, row, key in zip(crops.numpy(), rows.tolist(), keys.tolist(), strict=True):
            crop[:] = self._crop(row, key, length)
        return crops

    def centre(self, rows: npt.NDArray[np.integer], num_frames: int) -> Tensor:
        """Return crops from the middle of ``rows``, without augmentation."""
        length = num_samples(num_frames)
        waveforms = [self._read(row, length) for row in rows.tolist()]
        middles = [w[(len(w) - length) // 2 :][:length] for w in waveforms]
        return torch.from_numpy(np.stack(middles) * _FULL_SCALE)

    def _crop(self, row: int, key: int, length: int) -> Float32:
        waveform = self._read(row, length)
        begin = below(key, len(waveform) - length + 1)
        crop = waveform[begin : begin + length]
        if self._augment is not None:
            crop = self._augment(crop, np.random.default_rng(key))
        return crop * _FULL_SCALE

    def _read(self, row: int, least: int) -> Float32:
        start, end = (None, None) if self._times is None else self._times[row].tolist()
        utterance = Utterance(self._ids[row], self._entries[row], self._places[row], start, end)
        waveform = self._reader.read_utterance(utterance)
        if not len(waveform):
            raise UserError(f"{utterance.place}: utterance '{utterance.name}' is empty")
        return np.resize(waveform, least) if len(waveform) < least else waveform


def num_samples(num_frames: int) -> int:
    """Return the samples that ``num_frames`` frames of 25 ms every 10 ms span."""
    return _SHIFT * num_frames + _OVERLAP


def _aligned(data_dir: Path, speakers: Speakers) -> Iterator[Utterance]:
    row = -1
    for row, utterance in enumerate(iter_utterances(data_dir)):
        expected = speakers.ids[row] if row < len(speakers) else None
        if utterance.name != expected:
            raise UserError(
                f"{utterance.place}: utterance '{utterance.name}'; utt2spk has "
                f"{'no more' if expected is None else repr(expected)} there"
            )
        yield utterance
    if row + 1 != len(speakers):
        raise UserError(f"{data_dir}: wav.scp ends before utterance '{speakers.ids[row + 1]}'")
