"""Random numbers that are functions of a seed and a sample's position in the training stream.

The number of worker processes and ranks, and resuming, therefore do not change them.
"""

import numpy as np

from speakernet.arrays import UInt64

_GOLDEN = 0x9E3779B97F4A7C15


def sample_keys(seed: int, first: int, count: int) -> UInt64:
    """Return a random 64-bit key for each of samples ``first`` to ``first + count - 1``, (count,).

    SplitMix64 of the sample's position, from a start derived from ``seed`` (Steele, Lea, Flood
    2014, https://doi.org/10.1145/2660193.2660195).
    """
    start = np.random.SeedSequence([seed, 0x5A]).generate_state(1, np.uint64)
    with np.errstate(over="ignore"):
        z = start + np.arange(first + 1, first + count + 1, dtype=np.uint64) * np.uint64(_GOLDEN)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(z ^ (z >> np.uint64(31)), dtype=np.uint64)


def integer_below(key: int, bound: int) -> int:
    """Map a random ``key`` to an integer in [0, bound), uniformly; ``bound`` at most 2**32."""
    return ((key >> 32) * bound) >> 32


def generator(seed: int, *key: int) -> np.random.Generator:
    """Return the random generator of ``seed`` for one purpose, which ``key`` identifies."""
    return np.random.default_rng(np.random.SeedSequence([seed, *key]))
