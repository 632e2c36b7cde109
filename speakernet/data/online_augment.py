"""Another corruption of a waveform every time it is seen, as voxceleb_trainer does it (seed 2).

One of five, equally likely: nothing, reverberation, music, other speakers, noise. Noises are cut
out of their files at random; every one of them is scaled to its own signal-to-noise ratio:

    y = x + Σ n_i · sqrt(P(x) / P(n_i) · 10^(-snr_i / 10))

Impulse responses are scaled to unit energy, and the result starts with them and is as long as x.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from speakernet.data.audio import AudioReader
from speakernet.data.noise_copies import NoiseSet
from speakernet.data.room_lists import read_responses
from speakernet.data.wav import read_audio_file
from speakernet.kaldi.pipes import AudioFile, parse_entry
from speakernet.signal.reverberate import ImpulseResponse, power

Array = NDArray[np.float32]

_MIN_POWER = 1e-4


class NoiseKind(NamedTuple):
    """How one kind of noise is added: the ranges (both ends included) that are drawn from."""

    name: str
    min_snr_db: float
    max_snr_db: float
    min_count: int
    max_count: int


KINDS = (
    NoiseKind("music", 5, 15, 1, 1),
    NoiseKind("speech", 13, 20, 3, 7),
    NoiseKind("noise", 0, 15, 1, 1),
)


class OnlineAugmenter:
    """Corrupts waveforms; all randomness comes from the generator that a call is given."""

    def __init__(
        self, noises: dict[str, NoiseSet], responses: Sequence[str], *, sample_rate: int = 16000
    ) -> None:
        """``noises`` has a set for each of ``KINDS``; ``responses`` are entries like wav.scp's."""
        self._noises = noises
        self._responses = responses
        self._reader = AudioReader(sample_rate)

    @classmethod
    def from_dirs(cls, musan: str, rir_lists: Sequence[Path], *, sample_rate: int = 16000) -> Self:
        """Use the data dirs ``<musan>_{noise,music,speech}`` and Kaldi's lists of responses."""
        noises = {kind.name: NoiseSet.from_dir(Path(f"{musan}_{kind.name}")) for kind in KINDS}
        responses = [item.location for item in read_responses([str(path) for path in rir_lists])]
        return cls(noises, responses, sample_rate=sample_rate)

    def __call__(self, waveform: Array, generator: np.random.Generator) -> Array:
        """Return a corrupted copy of ``waveform`` (samples,), 16-bit scale, of the same length."""
        choice = int(generator.integers(2 + len(KINDS)))
        if choice == 0:
            return waveform.copy()
        if choice == 1:
            return self.reverberate(waveform, generator)
        return self.add_noise(waveform, KINDS[choice - 2], generator)

    def reverberate(self, waveform: Array, generator: np.random.Generator) -> Array:
        """Return ``waveform`` in one of the rooms."""
        entry = self._responses[int(generator.integers(len(self._responses)))]
        samples = self._reader.read(entry)
        scaled = samples / np.float32(max(np.sqrt(np.dot(samples, samples)), 1e-9))
        return ImpulseResponse(scaled).convolve(waveform)[: len(waveform)]

    def add_noise(
        self, waveform: Array, kind: NoiseKind, generator: np.random.Generator
    ) -> Array:
        """Return ``waveform`` with noises of one kind."""
        result = waveform.copy()
        signal_power = max(power(waveform), _MIN_POWER)
        for _ in range(int(generator.integers(kind.min_count, kind.max_count + 1))):
            noise = self._crop(self._noises[kind.name], len(waveform), generator)
            snr_db = generator.uniform(kind.min_snr_db, kind.max_snr_db)
            ratio = signal_power / max(power(noise), _MIN_POWER)
            result += noise * np.float32(np.sqrt(ratio * 10 ** (-snr_db / 10)))
        return result

    def _crop(self, noises: NoiseSet, length: int, generator: np.random.Generator) -> Array:
        """Return ``length`` samples from somewhere in a random noise, repeated if it is shorter."""
        index = int(generator.integers(len(noises.entries)))
        available = int(noises.durations_s[index] * self._reader.sample_rate)
        start = int(generator.integers(max(available - length, 0) + 1))
        node = parse_entry(noises.entries[index])
        if isinstance(node, AudioFile) and not node.offset:
            audio = read_audio_file(node.path, first_sample=start, max_samples=length)
            samples = audio.samples[:, 0].astype(np.float32)
        else:
            samples = self._reader.read(node)[start : start + length]
        return samples if len(samples) == length else np.resize(samples, length)
