"""Sliding-window mean normalisation of a crop, equal to a crop of the normalised utterance.

From each frame the mean of a window is subtracted: ``window`` frames centred on it, shifted inside
the utterance at its ends, or all frames of a shorter utterance (Kaldi's ``apply-cmvn-sliding
--center=true --norm-vars=false``). A crop therefore needs context frames on both sides.
"""

import numpy as np
import torch

from speakernet.arrays import Float32
from speakernet.compiling import compiled


def context(num_frames: int, start: int, stop: int, window: int) -> tuple[int, int]:
    """Return the frames (first, last + 1) needed to normalise frames ``start`` to ``stop - 1``."""
    first_window, last_window, length = _windows(num_frames, start, stop, window)
    return min(first_window, start), max(last_window + length, stop)


def normalize(
    block: Float32, first: int, start: int, out: Float32, *, num_frames: int, window: int
) -> None:
    """Write the normalised crop that begins at frame ``start`` to ``out`` (dim, crop frames).

    ``block`` (dim, frames) holds the frames that ``context`` returns, from frame ``first`` on, of
    an utterance of ``num_frames``. ``out`` is float32; sums are accumulated in float64.
    """
    stop = start + out.shape[1]
    first_window, last_window, length = _windows(num_frames, start, stop, window)
    offset, num_moves = first_window - first, last_window - first_window
    first_sum = block[:, offset : offset + length] @ np.ones(length, dtype=np.float32)
    # From this frame of the crop on, each of num_moves frames shifts the window by one frame: the
    # window gains a frame and loses one. Before and after, it stays at an end of the utterance.
    first_move = first_window + window // 2 + 1 - start
    if _subtract is not None:
        positions = (start - first, offset + length, offset, first_move, num_moves)
        _subtract(block, first_sum, positions, 1.0 / length, out)
        return
    sums = np.zeros(out.shape, dtype=np.float64)
    sums[:, 0] = first_sum
    if num_moves > 0:
        gained = block[:, offset + length : offset + length + num_moves]
        lost = block[:, offset : offset + num_moves]
        np.subtract(gained, lost, out=sums[:, first_move : first_move + num_moves])
    tensor = torch.from_numpy(sums)
    torch.cumsum(tensor, 1, out=tensor)  # takes a quarter of the time of np.cumsum
    # In place, as touching new memory costs more than the arithmetic.
    sums *= -1.0 / length
    sums += block[:, start - first : stop - first]
    out[:] = sums


@compiled
def _subtract(
    block: Float32,
    sums: Float32,
    positions: tuple[int, int, int, int, int],
    scale: float,
    out: Float32,
) -> None:
    """Write the crop minus the sliding mean to ``out``: the compiled version of ``normalize``.

    ``sums`` (dim,): of the first window. ``positions``: in ``block`` the first frame of the crop,
    the first frame that the window gains, the first that it loses; then the frame of the crop at
    which the window first moves, and how many times it does. ``scale``: 1 / window length.
    """
    first, gained, lost, first_move, num_moves = positions
    num_frames = out.shape[1]
    totals = np.empty(num_frames)
    changes = totals[first_move : first_move + num_moves]
    # Inner loops run over whole slices, the form that Numba turns into SIMD instructions.
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
    """Return the first frames of the first and the last frame's windows, and their length."""
    length = min(window, num_frames)
    first = min(max(0, start - window // 2), num_frames - length)
    last = min(max(0, stop - 1 - window // 2), num_frames - length)
    return first, last, length
