"""Changing speed or sample rate by a ratio of small integers, with a windowed sinc filter.

    y[n] = Σ_k x[k] · h(n · down / up - k),   h = sinc low-pass at 0.95 of the lower Nyquist rate

in a Kaiser window; ``up`` outputs at a time are one product of ``down`` new inputs and their
neighbours with a (taps, up) matrix. Edges see zeros. Speed as sox's ``speed`` effect: 0.9 is
slower, lower and 1 / 0.9 as long.
"""

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import as_strided

from speakernet.arrays import Float32

_ZERO_CROSSINGS = 32
_CUTOFF = 0.95
_KAISER_BETA = 10.0


def change_speed(waveform: Float32, factor: float) -> Float32:
    """Return ``waveform`` (samples,) ``factor`` times as fast, (round(samples / factor),)."""
    return resample(waveform, speed_ratio(factor))


def changed_length(num_samples: int, factor: float) -> int:
    """Return how many samples ``change_speed`` makes of ``num_samples``."""
    return resampled_length(num_samples, speed_ratio(factor))


def speed_ratio(factor: float) -> Fraction:
    """Return the ratio for ``resample`` that makes audio ``factor`` times as fast."""
    return 1 / Fraction(factor).limit_denominator(1000)


def resampled_length(num_samples: int, ratio: Fraction) -> int:
    """Return how many samples ``resample`` makes of ``num_samples``."""
    return round(num_samples * ratio.numerator / ratio.denominator)


def resample(waveform: Float32, ratio: Fraction) -> Float32:
    """Return ``waveform`` (samples,) with ``ratio`` times as many samples a second."""
    up, down = ratio.numerator, ratio.denominator
    if up == down:
        return waveform
    length = resampled_length(len(waveform), ratio)
    return resample_part(lambda a, b: waveform[a:b], len(waveform), ratio, 0, length)


def resample_part(
    read: Callable[[int, int], Float32],
    num_samples: int,
    ratio: Fraction,
    first_sample: int,
    length: int,
) -> Float32:
    """Return ``resample(...)[first_sample : first_sample + length]``, from the inputs it needs.

    ``read``: returns inputs (stop - start,) from start to stop, within 0 and ``num_samples``. The
    last digit may differ, as a product of fewer rows may be computed in another order.
    """
    up, down = ratio.numerator, ratio.denominator
    kernel, reach = _kernel(up, down)
    block = first_sample // up
    num_blocks = -(-(first_sample + length) // up) - block
    begin = block * down - reach
    padded = np.zeros(max(num_blocks - 1, 0) * down + len(kernel), dtype=np.float32)
    start, stop = max(begin, 0), min(begin + len(padded), num_samples)
    if start < stop:
        padded[start - begin : stop - begin] = read(start, stop)
    windows = as_strided(padded, (num_blocks, len(kernel)), (down * 4, 4), writeable=False)
    return (windows @ kernel).reshape(-1)[first_sample - block * up :][:length]


@lru_cache(maxsize=8)
def _kernel(up: int, down: int) -> tuple[Float32, int]:
    """Return weights (taps, up) of the inputs around a block, and how many lie before it."""
    cutoff = _CUTOFF * min(1.0, up / down)
    reach = int(np.ceil(_ZERO_CROSSINGS / cutoff))
    inputs = np.arange(-reach, down + reach)[:, None]
    distance = inputs - np.arange(up)[None] * down / up
    inside = np.clip(1 - (distance / reach) ** 2, 0, None)
    window = np.i0(_KAISER_BETA * np.sqrt(inside)) / np.i0(_KAISER_BETA) * (inside > 0)
    return (cutoff * np.sinc(cutoff * distance) * window).astype(np.float32), reach
