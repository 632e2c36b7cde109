"""Log mel filter bank features, equal to Kaldi's compute-fbank-feats (feature-fbank.cc).

Computed in float32, like Kaldi; docs/numerics.md gives the differences. An utterance that is
shorter than a window gives an empty matrix (0, dim).
"""

from functools import lru_cache

import numpy as np

from speakernet.arrays import Float32
from speakernet.signal.options import FbankOptions
from speakernet.signal.spectrum import EPSILON, MelSpectrum


class Fbank:
    """A filter bank extractor; call it with a waveform. Not thread-safe: it reuses its buffers."""

    def __init__(self, options: FbankOptions) -> None:
        """Compute the window and the mel filters for ``options``."""
        self.options = options
        self.dim = options.num_mel_bins + options.use_energy
        self._spectrum = MelSpectrum(
            options, use_power=options.use_power, use_energy=options.use_energy
        )

    def __call__(self, waveform: Float32, *, seed: int = 0) -> Float32:
        """Return features (frames, dim) of ``waveform`` (samples,) in the scale of 16-bit integers.

        ``seed``: of the dither, see ``utterance_seed``.
        """
        features, energy = self._spectrum.compute(np.asarray(waveform, dtype=np.float32), seed)
        if self.options.use_log_fbank:
            np.maximum(features, max(float(EPSILON), self.options.mel_floor), out=features)
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
    """Add the log energy as first column, or as last with ``htk_compat``."""
    column = floor_log_energy(energy, options.energy_floor)[:, None]
    order = (features, column) if options.htk_compat else (column, features)
    return np.concatenate(order, axis=1)


def floor_log_energy(log_energy: Float32, floor: float) -> Float32:
    """Return ``log_energy`` (frames,) with values below log(``floor``) raised to it (0: as is)."""
    return np.maximum(log_energy, np.float32(np.log(floor))) if floor > 0 else log_energy
