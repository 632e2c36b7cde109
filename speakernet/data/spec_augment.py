"""SpecAugment of feature crops (Park et al. 2019, https://arxiv.org/abs/1904.08779).

What is drawn is apart from what is done with it: a reader may draw and a network's device mask.
Masks are rows of [first frame, last frame + 1, first mel bin, last mel bin + 1].
"""

import numpy as np
import torch
from torch import Tensor

from speakernet.arrays import Float32, Int64
from speakernet.data.config import SpecAugmentConfig


def draw_masks(
    config: SpecAugmentConfig, rng: np.random.Generator, num_mel_bins: int, num_frames: int
) -> Int64:
    """Return the masks (count, 4) of a crop: mel bands, then time intervals; some may be empty.

    ``count`` is the same for all crops, ``config.num_mel_masks + config.num_time_masks``.
    """
    bands = [
        (0, num_frames, *_interval(config.max_mel, num_mel_bins, rng))
        for _ in range(config.num_mel_masks)
    ]
    intervals = [
        (*_interval(config.max_time, num_frames, rng), 0, num_mel_bins)
        for _ in range(config.num_time_masks)
    ]
    return np.array(bands + intervals, dtype=np.int64).reshape(-1, 4)


def _interval(longest: int, size: int, rng: np.random.Generator) -> tuple[int, int]:
    width = min(int(rng.integers(longest + 1)), size)
    begin = int(rng.integers(size - width + 1))
    return begin, begin + width


def mask(crop: Float32, config: SpecAugmentConfig, rng: np.random.Generator) -> None:
    """Set random mel bands and time intervals of ``crop`` (mel, time) to zero, in place."""
    for first, stop, low, high in draw_masks(config, rng, *crop.shape).tolist():
        crop[low:high, first:stop] = 0.0


def apply_masks(crops: Tensor, masks: Tensor) -> Tensor:
    """Return ``crops`` (batch, time, mel) with zeros where ``masks`` (batch, count, 4) are.

    Both are on one device, ``masks`` int64; nothing waits for that device.
    """
    in_time = _covers(masks[..., :2], crops.shape[1])
    in_band = _covers(masks[..., 2:], crops.shape[2])
    # Counts of the masks over each value: small integers, whatever precision products have.
    num_masks = in_time.transpose(1, 2).to(crops.dtype) @ in_band.to(crops.dtype)
    return crops.masked_fill(num_masks > 0, 0.0)


def _covers(ranges: Tensor, size: int) -> Tensor:
    """Return which of ``size`` places each of ``ranges`` (…, 2) has: (…, size)."""
    places = torch.arange(size, device=ranges.device)
    return (places >= ranges[..., :1]) & (places < ranges[..., 1:])
