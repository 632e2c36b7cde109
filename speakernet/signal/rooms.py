"""Reverberation of many signals at once, each in a room of its own: the crops of a batch.

SciPy transforms four rows in the time of one and a half. So signals that need the same sizes go
through the transforms together; what becomes of one depends on it and its room only. Up to rounding
it is ``reverberate(signal, rate, response=response)``.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft

from speakernet.arrays import Float32
from speakernet.signal.reverberate import ImpulseResponse, power, power_gain

# Responses are taken as so long, or twice, four times, … as long: a crop of 2 s then has three
# blocks of 16384 for most rooms, and one transform for the others.
_TAPS = 5632
_AT_ONCE = 4


class _Blocks(NamedTuple):
    """Overlap-add: the size of a transform, and how many samples of the signal a block has."""

    size: int
    step: int


def reverberate_all(
    signals: Sequence[Float32], responses: Sequence[ImpulseResponse]
) -> list[Float32]:
    """Return each of ``signals`` (samples,), none empty, in its room: from the direct path on, as
    long and with the power as before.
    """
    results = list(signals)
    for numbers, blocks in _groups(signals, responses):
        some, rooms = [signals[n] for n in numbers], [responses[n] for n in numbers]
        for number, full in zip(numbers, _convolve(some, rooms, blocks), strict=True):
            signal, room = signals[number], responses[number]
            full *= np.float32(power_gain(power(signal), full))
            results[number] = full[room.peak : room.peak + len(signal)]
    return results


def _groups(
    signals: Sequence[Float32], responses: Sequence[ImpulseResponse]
) -> Iterator[tuple[list[int], _Blocks]]:
    """Yield numbers of signals of one length, and the blocks that they need."""
    found: dict[tuple[int, _Blocks], list[int]] = {}
    for number, (signal, response) in enumerate(zip(signals, responses, strict=True)):
        blocks = _choose_blocks(len(signal), len(response.samples))
        found.setdefault((len(signal), blocks), []).append(number)
    for (_, blocks), numbers in found.items():
        for first in range(0, len(numbers), _AT_ONCE):
            yield numbers[first : first + _AT_ONCE], blocks


def _convolve(
    signals: Sequence[Float32], responses: Sequence[ImpulseResponse], blocks: _Blocks
) -> Iterator[Float32]:
    """Yield the convolutions, (len(signal) + response.length - 1,) each."""
    size, step = blocks
    length = len(signals[0])
    count = -(-length // step)
    parts = np.zeros((len(signals), count * step), dtype=np.float32)
    parts[:, :length] = signals
    spectra = rfft(parts.reshape(len(signals), count, step), size)
    taps = np.zeros((len(responses), size - step + 1), dtype=np.float32)
    for row, response in zip(taps, responses, strict=True):
        row[: len(response.samples)] = response.samples
    spectra *= rfft(taps, size)[:, None]
    for response, convolved in zip(responses, irfft(spectra, size, overwrite_x=True), strict=True):
        yield _overlap_add(convolved, step, length + response.length - 1)


def _overlap_add(blocks: Float32, step: int, length: int) -> Float32:
    """Return the sum of ``blocks`` (count, size), ``step`` samples apart, cut to ``length``."""
    count, size = blocks.shape
    out = np.zeros(max((count - 1) * step + size, length), dtype=np.float32)
    for index, block in enumerate(blocks):
        out[index * step : index * step + size] += block
    return out[:length]


@lru_cache(maxsize=1024)
def _choose_blocks(length: int, taps: int) -> _Blocks:
    """Return the blocks that cost least for a signal of ``length`` samples."""
    class_taps = _TAPS << max(0, (taps - 1) // _TAPS).bit_length()
    sizes = [2**k for k in range(13, 18) if 2**k >= 2 * class_taps]
    sizes.append(next_fast_len(length + class_taps - 1, real=True))
    size = min(sizes, key=lambda size: _cost(size, size - class_taps + 1, length))
    return _Blocks(size, size - class_taps + 1)


def _cost(size: int, step: int, length: int) -> float:
    # The blocks forth and back, and the response.
    return (2 * -(-length // step) + 1) * size * float(np.log2(size))
