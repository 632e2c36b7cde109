"""SpecAugment of feature crops (Park et al. 2019, https://arxiv.org/abs/1904.08779)."""

import numpy as np

from speakernet.arrays import Float32
from speakernet.data.config import SpecAugmentConfig


def mask(crop: Float32, config: SpecAugmentConfig, rng: np.random.Generator) -> None:
    """Set random mel bands and time intervals of ``crop`` (mel, time) to zero, in place."""
    for axis, count, longest in (
        (0, config.num_mel_masks, config.max_mel),
        (1, config.num_time_masks, config.max_time),
    ):
        size = crop.shape[axis]
        for _ in range(count):
            width = min(int(rng.integers(longest + 1)), size)
            begin = int(rng.integers(size - width + 1))
            crop.swapaxes(0, axis)[begin : begin + width] = 0.0
