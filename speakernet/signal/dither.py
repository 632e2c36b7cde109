"""Dither: white Gaussian noise, the same for an utterance wherever and with whatever it runs.

Kaldi draws 400 Gaussian numbers for every frame of 160 new samples, which costs more than the rest
of its filter bank. Here the waveform is dithered once, and the noise of a block of samples is

    cos(a) · A[i : i + n] + sin(a) · B[j : j + n]

for two fixed pools A, B of independent Gaussian numbers; a, i and j come from a hash of the
utterance's seed and the block's number. A rotation of two independent standard normal vectors is
standard normal, so each sample has exactly Kaldi's distribution. Unlike Kaldi's, the noise of
overlapping frames is the same in the overlap, as it would be for noise in the recording.
"""

from functools import cache
from hashlib import blake2b
from math import cos, pi, sin

import numpy as np

from speakernet.arrays import Float32

BLOCK = 1 << 15
POOL = 1 << 17


def utterance_seed(seed: int, utterance: str) -> int:
    """Return a 64-bit seed that depends on ``seed`` and the utterance's name only."""
    digest = blake2b(f"{seed} {utterance}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def add_dither(waveform: Float32, amount: float, seed: int) -> Float32:
    """Return ``waveform`` (samples,) plus white noise of standard deviation ``amount``."""
    noisy = np.empty_like(waveform)
    for index, start in enumerate(range(0, len(waveform), BLOCK)):
        part = waveform[start : start + BLOCK]
        noise = _noise(len(part), amount, seed, index)
        np.add(part, noise, out=noisy[start : start + BLOCK])
    return noisy


def _noise(size: int, amount: float, seed: int, index: int) -> Float32:
    digest = blake2b(index.to_bytes(8, "little"), digest_size=16, key=seed.to_bytes(8, "little"))
    first, second, turn, _ = np.frombuffer(digest.digest(), dtype="<u4").tolist()
    angle = 2 * pi * turn / 2**32
    a, b = (pool[at % POOL :][:size] for pool, at in zip(_pools(), (first, second), strict=True))
    noise = np.multiply(a, np.float32(amount * cos(angle)))
    noise += np.multiply(b, np.float32(amount * sin(angle)))
    return noise


@cache
def _pools() -> tuple[Float32, Float32]:
    generator = np.random.Generator(np.random.SFC64(20201104))
    pools = generator.standard_normal((2, POOL + BLOCK), dtype=np.float32)
    return pools[0], pools[1]
