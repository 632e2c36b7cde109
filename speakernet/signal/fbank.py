"""Log mel filter banks as Kaldi's compute-fbank-feats computes them (feature-fbank.cc).

float32 like Kaldi; a float64 computation is as far from Kaldi as this is (docs/numerics.md). An
utterance shorter than a window gives an empty matrix (0, dim).
"""

from functools import lru_cache

import numpy as np

from speakernet.arrays import Float32
from speakernet.signal.options import FbankOptions
from speakernet.signal.spectrum import EPSILON, MelSpectrum


class Fbank:
    """A filter bank with its tables; call it with a waveform. Not for two threads at once."""

    def __init__(self, options: FbankOptions) -> None:
        """Prepare the tables for ``options``."""
        self.options = options
        self.dim = options.num_mel_bins + options.use_energy
        self._spectrum = MelSpectrum(
            options, use_power=options.use_power, use_energy=options.use_energy
        )

    def __call__(self, waveform: Float32, *, seed: int = 0) -> Float32:
        """Return features (frames, dim) of ``waveform`` (samples,) in the scale of 16-bit integers.

        ``seed`` chooses the dither, see ``utterance_seed``.
        """
        features, energy = self._spectrum.compute(np.asarray(waveform, dtype=np.float32), seed)
        if self.options.use_log_fbank:
            np.maximum(features, EPSILON, out=features)
            np.log(features, out=features)
        if energy is not None:
            features = _with_energy(features, energy, self.options)
        return features


def fbank(waveform: Float32, options: FbankOptions, *, seed: int = 0) -> Float32:
    """Return the filter bank (frames, dim) of one waveform; see ``Fbank``."""
    return _extractor(options)(waveform, seed=seed)


@lru_cache(maxsize=4)
def _extractor(options: FbankOptions) -> Fbank:
    return Fbank(options)


def _with_energy(features: Float32, energy: Float32, options: FbankOptions) -> Float32:
    """Put the log energy in front, or behind as HTK does."""
    column = floored(energy, options.energy_floor)[:, None]
    order = (features, column) if options.htk_compat else (column, features)
    return np.concatenate(order, axis=1)


def floored(energy: Float32, floor: float) -> Float32:
    """Return log energies, none below the log of ``floor`` (0: no floor)."""
    return np.maximum(energy, np.float32(np.log(floor))) if floor > 0 else energy
