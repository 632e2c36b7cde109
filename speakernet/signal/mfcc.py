"""Mel frequency cepstral coefficients, equal to Kaldi's compute-mfcc-feats (feature-mfcc.cc)."""

import numpy as np

from speakernet.arrays import Float32
from speakernet.signal.fbank import floor_log_energy
from speakernet.signal.options import MfccOptions
from speakernet.signal.spectrum import EPSILON, MelSpectrum


class Mfcc:
    """An MFCC extractor; call it with a waveform. Not thread-safe: it reuses its buffers."""

    def __init__(self, options: MfccOptions) -> None:
        """Compute the window, the mel filters and the cosine transform for ``options``."""
        self.options = options
        self.dim = options.num_ceps
        self._spectrum = MelSpectrum(options, use_energy=options.use_energy)
        self._transform = _cosine_transform(options) * _lifter(options)

    def __call__(self, waveform: Float32, *, seed: int = 0) -> Float32:
        """Return cepstra (frames, num_ceps) of ``waveform`` (samples,) in the scale of 16-bit.

        ``seed``: of the dither, see ``utterance_seed``.
        """
        mel, energy = self._spectrum.compute(np.asarray(waveform, dtype=np.float32), seed)
        cepstra = np.log(np.maximum(mel, EPSILON)) @ self._transform
        if energy is not None:
            cepstra[:, 0] = floor_log_energy(energy, self.options.energy_floor)
        if self.options.htk_compat:
            cepstra = np.roll(cepstra, -1, axis=1)
            if energy is None:
                cepstra[:, -1] *= np.float32(np.sqrt(2))
        return cepstra


def _cosine_transform(options: MfccOptions) -> Float32:
    """Return the orthonormal DCT-II matrix, (num_mel_bins, num_ceps)."""
    size = options.num_mel_bins
    n, k = np.arange(size)[:, None] + 0.5, np.arange(options.num_ceps)[None]
    matrix = np.sqrt(2 / size) * np.cos(np.pi / size * n * k)
    matrix[:, 0] = np.sqrt(1 / size)
    return matrix.astype(np.float32)


def _lifter(options: MfccOptions) -> Float32:
    """Return the liftering weights (num_ceps,); ``cepstral_lifter`` 0 means none."""
    q = options.cepstral_lifter
    if q == 0:
        return np.ones(options.num_ceps, dtype=np.float32)
    return (1 + 0.5 * q * np.sin(np.pi * np.arange(options.num_ceps) / q)).astype(np.float32)
