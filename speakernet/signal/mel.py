"""Triangular mel filters, equal to Kaldi's (mel-computations.cc).

    mel(f) = 1127 · ln(1 + f / 700)

The triangles are equally spaced and linear on the mel scale; the FFT bin at the Nyquist frequency
is not used. Computed in float32 like Kaldi, as rounding decides whether a bin at the edge of a
triangle is in it.
"""

import numpy as np

from speakernet.arrays import Float32
from speakernet.config.errors import UserError
from speakernet.signal.options import SpectralOptions


def mel_scale(frequency: Float32) -> Float32:
    """Return the mel values of frequencies in Hz."""
    one, slope = np.float32(1.0), np.float32(1127.0)
    return slope * np.log(one + frequency / np.float32(700.0))


def mel_filters(options: SpectralOptions) -> Float32:
    """Return the weight of each FFT bin in each mel bin, (padded_size / 2, num_mel_bins).

    Raises UserError if a mel bin is so narrow that no FFT bin falls into it.
    """
    low, high = mel_scale(np.array([options.low_freq, options.upper_frequency], dtype=np.float32))
    delta = (high - low) / np.float32(options.num_mel_bins + 1)
    left = low + np.arange(options.num_mel_bins, dtype=np.float32) * delta
    center = low + np.arange(1, options.num_mel_bins + 1, dtype=np.float32) * delta
    right = low + np.arange(2, options.num_mel_bins + 2, dtype=np.float32) * delta
    width = np.float32(options.sample_frequency / options.padded_size)
    mel = mel_scale(width * np.arange(options.padded_size // 2, dtype=np.float32))[:, None]
    rising, falling = (mel - left) / (center - left), (right - mel) / (right - center)
    weights = np.where(mel <= center, rising, falling)
    weights[(mel <= left) | (mel >= right)] = 0
    empty = np.flatnonzero(~weights.any(axis=0))
    if len(empty):
        raise UserError(
            f"--num-mel-bins={options.num_mel_bins}: no frequency of a {options.padded_size}-point "
            f"transform falls into bin {empty[0]}; use fewer bins or a longer window"
        )
    return weights
