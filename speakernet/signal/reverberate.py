"""Reverberation and additive noise, following Kaldi's wav-reverberate (wav-reverberate.cc).

    y = x * h,  then  y += g_i · n_i, delayed,  g_i² = 10^(-snr_i / 10) · P / P(n_i)

P is the power of the speech x or, with a room impulse response h, of the early reverberation: x
convolved with h from 1 ms before to 50 ms after its largest value (the direct path). The sum is
scaled to the power of x. With ``shift_output`` the result starts at the direct path and is as long
as x.

Waveforms are float32 (samples,) in the scale of 16-bit integers; the direct path of an impulse
response is near 1. Kaldi multiplies the DC and Nyquist bins of its packed FFT as if they were one
complex number; this is the exact convolution, 34 to 73 dB away from Kaldi's (docs/numerics.md).
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft

from speakernet.arrays import Float32

_EARLY_BEFORE_S, _EARLY_AFTER_S = 0.001, 0.05
_MAX_TRANSFORMS = 2


class Noise(NamedTuple):
    """A signal to add: samples (samples,), signal-to-noise ratio, start in the output."""

    samples: Float32
    snr_db: float
    start_s: float


class ImpulseResponse:
    """A room impulse response (samples,) that caches its Fourier transforms for repeated use."""

    def __init__(self, samples: Float32) -> None:
        """Store ``samples`` without trailing zeros; ``length`` counts these, too."""
        used = np.flatnonzero(samples)
        self.length = len(samples)
        self.samples = np.ascontiguousarray(samples[: used[-1] + 1 if len(used) else 1])
        self.peak = int(np.argmax(samples))
        self._transforms: dict[int, NDArray[np.complex64]] = {}

    def early(self, sample_rate: int) -> "ImpulseResponse":
        """Return the early reflections: from 1 ms before to 50 ms after the direct path."""
        start = max(int(self.peak - _EARLY_BEFORE_S * sample_rate), 0)
        end = min(int(self.peak + _EARLY_AFTER_S * sample_rate), self.length)
        return ImpulseResponse(self.samples[start:end])

    def convolve(self, signal: Float32) -> Float32:
        """Return the convolution with ``signal``, (len(signal) + length - 1,)."""
        taps = len(self.samples)
        size = _transform_size(len(signal) + taps - 1, taps)
        full = overlap_add(signal, self._transform(size), size, taps)
        missing = len(signal) + self.length - 1 - len(full)
        return np.pad(full, (0, missing)) if missing else full

    def _transform(self, size: int) -> NDArray[np.complex64]:
        transform = self._transforms.get(size)
        if transform is None:
            if len(self._transforms) >= _MAX_TRANSFORMS:
                self._transforms.clear()
            transform = self._transforms[size] = np.asarray(rfft(self.samples, size))
        return transform


def overlap_add(signal: Float32, transform: NDArray[np.complex64], size: int, taps: int) -> Float32:
    """Convolve ``signal`` with a filter of ``taps`` whose ``size``-point FFT is ``transform``.

    Overlap-add; returns (len(signal) + taps - 1,). All blocks are transformed in one call, in which
    SciPy vectorises over blocks.
    """
    step = size - taps + 1
    count = -(-len(signal) // step)
    blocks = np.zeros((count, step), dtype=np.float32)
    blocks.reshape(-1)[: len(signal)] = signal
    spectra = rfft(blocks, size)
    spectra *= transform
    convolved = irfft(spectra, size, overwrite_x=True)
    out = np.zeros(count * step + taps - 1, dtype=np.float32)
    out[: count * step].reshape(count, step)[:] = convolved[:, :step]
    for index in range(count):
        end = (index + 1) * step
        out[end : end + taps - 1] += convolved[index, step:]
    return out[: len(signal) + taps - 1]


@lru_cache(maxsize=1024)
def _transform_size(total: int, taps: int) -> int:
    """Return the cheapest FFT length: the whole signal in one transform, or overlap-add blocks."""
    sizes = [2**k for k in range(11, 18) if 2**k >= 2 * taps]
    whole = next_fast_len(total, real=True)
    return min([whole, *sizes], key=lambda size: _cost(size, total, taps))


def _cost(size: int, total: int, taps: int) -> float:
    count = -(-max(total - taps + 1, 1) // (size - taps + 1))
    # SciPy transforms four rows at a time; fewer take about 2.5 times as long each.
    penalty = 2.5 if count < 4 else 1.0
    return count * size * float(np.log2(size)) * penalty


def power(signal: Float32) -> float:
    """Return the mean square of ``signal`` (samples,)."""
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
    """Return ``signal`` (samples,) with reverberation and noise; equations at the top of this file.

    ``duration_s`` > 0 sets the length of the result, which is cut or repeated. ``volume`` > 0 is a
    gain that replaces the normalisation of power. With ``shift_output`` false the result has the
    length of the convolution, or of ``signal`` if there is no ``response``.
    """
    before = early = power(signal)
    shift = 0
    if response is None:
        result = np.array(signal, dtype=np.float32)
    else:
        if noises:
            early = _early_power(signal, response, sample_rate)
        result, shift = response.convolve(signal), response.peak if shift_output else 0
    for noise in noises:
        _add_noise(result, noise, early, sample_rate)
    gain = volume
    if volume <= 0:
        gain = power_gain(before, result) if normalize_output else 1.0
    if gain != 1:
        result *= np.float32(gain)
    length = len(signal) if shift_output else len(result)
    if duration_s > 0:
        # Kaldi multiplies in float32 and rounds down.
        length = int(np.float32(sample_rate) * np.float32(duration_s))
    return _fit(result[shift:], len(signal), length)


def _early_power(signal: Float32, response: ImpulseResponse, sample_rate: int) -> float:
    return power(response.early(sample_rate).convolve(signal))


def _add_noise(result: Float32, noise: Noise, signal_power: float, sample_rate: int) -> None:
    start = int(np.float32(noise.start_s) * np.float32(sample_rate))
    noise_power = power(noise.samples)
    if start >= len(result) or noise_power == 0:
        return
    scale = np.float32(np.sqrt(10 ** (-noise.snr_db / 10) * signal_power / noise_power))
    added = noise.samples[: len(result) - start]
    result[start : start + len(added)] += added * scale


def power_gain(before: float, signal: Float32) -> float:
    """Return by what to multiply ``signal`` (samples,) for the power ``before``; 1 for silence."""
    after = power(signal)
    return float(np.sqrt(before / after)) if after > 0 else 1.0


def _fit(result: Float32, input_length: int, length: int) -> Float32:
    """Cut ``result`` to ``length``, or repeat its first ``input_length`` samples up to ``length``.

    As in Kaldi, this replaces the reverberation after the end of the input, which ``shift_output``
    false asks for, by a repetition of the beginning.
    """
    if length <= input_length:
        return result[:length]
    return np.resize(result[:input_length], length)


def quantize(signal: Float32) -> NDArray[np.int16]:
    """Convert ``signal`` to 16-bit integers as Kaldi does: clipped, and rounded towards zero."""
    return np.clip(signal, -32768, 32767).astype(np.int16)
