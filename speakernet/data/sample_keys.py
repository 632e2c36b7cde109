"""Random numbers that depend on a seed and a sample's number only, not on who draws them."""

import numpy as np
import numpy.typing as npt

from speakernet.arrays import UInt64


_GOLDEN = 0x9E3779B97F4A7C15


def sample_keys(seed: int, first: int, count: int) -> UInt64:
    """Return one 64-bit key for each of the samples ``first .. first + count``.

    SplitMix64 (Steele, Lea, Flood 2014) of the sample's number, from a start that the seed gives.
    """
    start = np.random.SeedSequence([seed, 0x5A]).generate_state(1, np.uint64)
    with np.errstate(over="ignore"):
        z = start + np.arange(first + 1, first + count + 1, dtype=np.uint64) * np.uint64(_GOLDEN)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(z ^ (z >> np.uint64(31)), dtype=np.uint64)


def below(key: int, bound: int) -> int:
    """Return an integer in [0, bound) that ``key`` stands for; ``bound`` at most 2**32."""
    return ((key >> 32) * bound) >> 32


def generator(seed: int, *parts: int) -> np.random.Generator:
    """Return a generator for a purpose: the same parts give the same numbers."""
    return np.random.default_rng(np.random.SeedSequence([seed, *parts]))
