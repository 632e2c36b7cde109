"""Reverberation and additive noise as Kaldi's wav-reverberate computes them.

    y = x * h,  then  y += g_i · n_i shifted to its start,  g_i² = 10^(-snr_i / 10) · P / P(n_i)

P is the power of x, or with an impulse response h that of the early reverberation: x convolved with
h from 1 ms before to 50 ms after its largest value. The sum is scaled so that its power is that of
x. With ``shift_output`` the result starts at the largest value of h and is as long as x.

Waveforms are float32 (samples,) in the scale of 16-bit integers, impulse responses have their
direct path near 1. Kaldi multiplies the DC and Nyquist bins of its packed transform as if they were
one complex number; this is the true convolution, 34 to 73 dB away from Kaldi's (docs/numerics.md).
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft

from speakernet.arrays import Float32

_EARLY_BEFORE_S, _EARLY_AFTER_S = 0.001, 0.05
_KEPT_TRANSFORMS = 2


class Noise(NamedTuple):
    """A signal to add: samples, signal-to-noise ratio, and where it starts."""

    samples: Float32
    snr_db: float
    start_s: float


class ImpulseResponse:
    """A room impulse response (samples,) with its transforms, to be used many times."""

    def __init__(self, samples: Float32) -> None:
        """Keep ``samples``, without the zeros at their end."""
        used = np.flatnonzero(samples)
        self.length = len(samples)
        self.samples = np.ascontiguousarray(samples[: used[-1] + 1 if len(used) else 1])
        self.peak = int(np.argmax(samples))
        self._transforms: dict[int, NDArray[np.complex64]] = {}

    def early(self, sample_rate: int) -> "ImpulseResponse":
        """Return the part around the direct path."""
        start = max(int(self.peak - _EARLY_BEFORE_S * sample_rate), 0)
        end = min(int(self.peak + _EARLY_AFTER_S * sample_rate), self.length)
        return ImpulseResponse(self.samples[start:end])

    def convolve(self, signal: Float32) -> Float32:
        """Return the convolution, (len(signal) + length - 1,)."""
        taps = len(self.samples)
        size = _transform_size(len(signal) + taps - 1, taps)
        full = overlap_add(signal, self._transform(size), size, taps)
        return np.pad(full, (0, len(signal) + self.length - 1 - len(full)))

    def _transform(self, size: int) -> NDArray[np.complex64]:
        transform = self._transforms.get(size)
        if transform is None:
            if len(self._transforms) >= _KEPT_TRANSFORMS:
                self._transforms.clear()
            transform = self._transforms[size] = np.asarray(rfft(self.samples, size))
        return transform


def overlap_add(signal: Float32, transform: NDArray[np.complex64], size: int, taps: int) -> Float32:
    """Convolve ``signal`` with a filter of ``taps`` whose ``size``-point transform is given.

    Returns (len(signal) + taps - 1,). All blocks are transformed in one call: SciPy then works on
    several at a time.
    """
    step = size - taps + 1
    count = -(-len(signal) // step)
    blocks = np.zeros((count, step), dtype=np.float32)
    blocks.reshape(-1)[: len(signal)] = signal
    spectra = rfft(blocks, size)
    spectra *= transform
    parts = irfft(spectra, size, overwrite_x=True)
    out = np.zeros(count * step + taps - 1, dtype=np.float32)
    out[: count * step].reshape(count, step)[:] = parts[:, :step]
    for index in range(count):
        end = (index + 1) * step
        out[end : end + taps - 1] += parts[index, step:]
    return out[: len(signal) + taps - 1]


@lru_cache(maxsize=1024)
def _transform_size(total: int, taps: int) -> int:
    """Choose a transform length: one for everything, or blocks where that is less work."""
    sizes = [2**k for k in range(11, 18) if 2**k >= 2 * taps]
    whole = next_fast_len(total, real=True)
    return min([whole, *sizes], key=lambda size: _cost(size, total, taps))


def _cost(size: int, total: int, taps: int) -> float:
    count = -(-max(total - taps + 1, 1) // (size - taps + 1))
    # SciPy transforms four rows at a time; one row alone is about two and a half times slower.
    single = 2.5 if count < 4 else 1.0
    return count * size * float(np.log2(size)) * single


def power(signal: Float32) -> float:
    """Return the mean square of ``signal``."""
    return float(np.dot(signal, signal)) / len(signal)


def reverberate(
    signal: Float32,
    sample_rate: int,
    *,
    response: ImpulseResponse | None = None,
    noises: Sequence[Noise] = (),
    shift_output: bool = True,
    normalize_output: bool = True,
    duration_s: float = 0.0,
    volume: float = 0.0,
) -> Float32:
    """Apply wav-reverberate's options to ``signal``; see the top of this file.

    ``duration_s`` greater than 0 sets the length: the result is cut, or repeated. ``volume``
    greater than 0 replaces the normalisation. Without a response and with ``shift_output`` false,
    the result is as long as ``signal``.
    """
    before = early = power(signal)
    result, shift = np.array(signal, dtype=np.float32), 0
    if response is not None:
        if noises:
            early = _early_power(signal, response, sample_rate)
        result, shift = response.convolve(signal), response.peak if shift_output else 0
    for noise in noises:
        _add_noise(result, noise, early, sample_rate)
    gain = _gain(before, result, normalize_output, volume)
    if gain != 1:
        result *= np.float32(gain)
    length = len(signal) if shift_output else len(result)
    if duration_s > 0:
        # Kaldi multiplies in float32 and rounds down.
        length = int(np.float32(sample_rate) * np.float32(duration_s))
    return _fit(result[shift:], len(signal), length)


def _early_power(signal: Float32, response: ImpulseResponse, sample_rate: int) -> float:
    part = response.early(sample_rate)
    return power(part.convolve(signal))


def _add_noise(result: Float32, noise: Noise, target_power: float, sample_rate: int) -> None:
    start = int(np.float32(noise.start_s) * np.float32(sample_rate))
    noise_power = power(noise.samples)
    if start >= len(result) or noise_power == 0:
        return
    scale = np.float32(np.sqrt(10 ** (-noise.snr_db / 10) * target_power / noise_power))
    part = noise.samples[: len(result) - start]
    result[start : start + len(part)] += part * scale


def _gain(before: float, result: Float32, normalize_output: bool, volume: float) -> float:
    if volume > 0:
        return volume
    after = power(result) if normalize_output else 0.0
    return float(np.sqrt(before / after)) if after > 0 else 1.0


def _fit(result: Float32, input_length: int, length: int) -> Float32:
    """Cut to ``length``, or repeat the first ``input_length`` samples up to it.

    Kaldi does the latter for ``shift_output`` false, too: instead of the end of the reverberation
    the result has its own beginning once more.
    """
    if length <= input_length:
        return result[:length]
    return np.resize(result[:input_length], length)


def quantize(signal: Float32) -> NDArray[np.int16]:
    """Return ``signal`` as it is written to a 16-bit file: clipped, and rounded towards zero."""
    return np.clip(signal, -32768, 32767).astype(np.int16)
