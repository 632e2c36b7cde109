"""Sliding mean normalisation of a crop, equal to cutting it from the normalised utterance.

Each frame has the mean of the window around it subtracted: ``window`` frames centred on it, moved
inside the utterance at its ends, or all frames of a shorter one (Kaldi's ``apply-cmvn-sliding
--center=true --norm-vars=false``). A crop therefore needs frames on both sides of itself.
"""

import numpy as np
import numpy.typing as npt
import torch

from speakernet.arrays import Float32
from speakernet.compiling import compiled



def context(num_frames: int, start: int, stop: int, window: int) -> tuple[int, int]:
    """Return the frames (first, last + 1) that normalising ``start .. stop`` needs."""
    low, high, length = _windows(num_frames, start, stop, window)
    return min(low, start), max(high + length, stop)


def normalize(
    block: Float32, first: int, start: int, out: Float32, *, num_frames: int, window: int
) -> None:
    """Write frames from ``start`` on of an utterance of ``num_frames`` to ``out``, normalised.

    ``block`` (dim, frames) holds the utterance from frame ``first`` on, as far as ``context`` asks.
    ``out`` is (dim, frames of the crop), float32; sums are carried in float64.
    """
    stop = start + out.shape[1]
    low, high, length = _windows(num_frames, start, stop, window)
    before = low - first
    sum_of_first = block[:, before : before + length] @ np.ones(length, dtype=np.float32)
    # Where the window moves by one frame it gains one and loses one; elsewhere it stands.
    moved = low + window // 2 + 1 - start
    if _subtract is not None:
        places = (start - first, before + length, before, moved, high - low)
        _subtract(block, sum_of_first, places, 1.0 / length, out)
        return
    sums = np.zeros(out.shape, dtype=np.float64)
    sums[:, 0] = sum_of_first
    if high > low:
        gained = block[:, before + length : high - first + length]
        lost = block[:, before : high - first]
        np.subtract(gained, lost, out=sums[:, moved : moved + high - low])
    shared = torch.from_numpy(sums)
    torch.cumsum(shared, 1, out=shared)  # a quarter of the time of np.cumsum
    # In place: memory that is new to the cache costs more than the arithmetic.
    sums *= -1.0 / length
    sums += block[:, start - first : stop - first]
    out[:] = sums


@compiled
def _subtract(
    block: Float32,
    sums: Float32,
    places: tuple[int, int, int, int, int],
    scale: float,
    out: Float32,
) -> None:
    """Write ``block`` from a place on, less the mean of a window that moves, to ``out``.

    ``sums``: of the first window. ``places``: the crop, the first frames gained and lost, and when
    and how often the window moves.
    """
    first, gained, lost, moved, num_moves = places
    num_frames = out.shape[1]
    totals = np.empty(num_frames)
    changes = totals[moved : moved + num_moves]
    # Loops over slices, as only these become vector instructions.
    for row in range(out.shape[0]):
        new, old = block[row, gained : gained + num_moves], block[row, lost : lost + num_moves]
        crop, target = block[row, first : first + num_frames], out[row]
        totals[:] = 0
        for move in range(num_moves):
            changes[move] = new[move] - old[move]
        total = np.float64(sums[row])
        for frame in range(num_frames):
            total += totals[frame]
            totals[frame] = total
        for frame in range(num_frames):
            target[frame] = crop[frame] - totals[frame] * scale


def _windows(num_frames: int, start: int, stop: int, window: int) -> tuple[int, int, int]:
    """Return where the windows of the first and the last frame begin, and their length."""
    length = min(window, num_frames)
    low = min(max(0, start - window // 2), num_frames - length)
    high = min(max(0, stop - 1 - window // 2), num_frames - length)
    return low, high, length
