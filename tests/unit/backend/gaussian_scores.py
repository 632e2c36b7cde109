"""Scores whose log-likelihood ratios are known."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def gaussians(seed: int, count: int, quality: float = 0.0) -> tuple[Array, Array]:
    """Scores whose log-likelihood ratio is 2 x, of as many targets as non-targets."""
    generator = np.random.default_rng(seed)
    labels = np.arange(2 * count) < count
    return generator.normal(np.where(labels, 1.0, -1.0) + quality, 1.0), labels
