"""Dither: white Gaussian noise that depends on a seed and the utterance id only.

Kaldi draws 400 Gaussian numbers for each frame of 160 new samples, which takes longer than the rest
of its filter bank. Here the waveform is dithered once, and the noise of a block of n samples is

    cos(a) · A[i : i + n] + sin(a) · B[j : j + n]

for two fixed pools A, B of independent Gaussian numbers; a, i and j come from a hash of the
utterance's seed and the block's number. A rotation of two independent standard normal vectors is
standard normal, so each sample has exactly Kaldi's distribution. Unlike in Kaldi, overlapping
frames share the noise of their common samples, like noise in the recording itself.
"""

from functools import cache
from hashlib import blake2b
from math import cos, pi, sin

import numpy as np

from speakernet.arrays import Float32

BLOCK = 1 << 15
POOL = 1 << 17


def utterance_seed(seed: int, utterance: str) -> int:
    """Return a 64-bit seed, a hash of ``seed`` and the utterance id."""
    digest = blake2b(f"{seed} {utterance}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def add_dither(
    waveform: Float32,
    amount: float,
    seed: int,
    *,
    first_sample: int = 0,
    out: Float32 | None = None,
) -> Float32:
    """Return ``waveform`` (samples,) plus white noise of standard deviation ``amount``.

    ``first_sample``: where in its utterance a part begins, which then gets the noise that the whole
    would have there. ``out`` (samples,): an array for the result.
    """
    noisy = np.empty_like(waveform) if out is None else out
    scratch = np.empty(min(BLOCK, len(waveform)), dtype=np.float32)
    end = first_sample + len(waveform)
    for index in range(first_sample // BLOCK, -(-end // BLOCK)):
        start = index * BLOCK
        begin, stop = max(start, first_sample), min(start + BLOCK, end)
        part = noisy[begin - first_sample : stop - first_sample]
        _write_noise(part, scratch[: len(part)], begin - start, amount, seed, index)
        part += waveform[begin - first_sample : stop - first_sample]
    return noisy


def _write_noise(
    out: Float32, scratch: Float32, begin: int, amount: float, seed: int, index: int
) -> None:
    """Write a block's noise from sample ``begin`` on."""
    digest = blake2b(index.to_bytes(8, "little"), digest_size=16, key=seed.to_bytes(8, "little"))
    start_a, start_b, turn, _ = np.frombuffer(digest.digest(), dtype="<u4").tolist()
    angle = 2 * pi * turn / 2**32
    pool_a, pool_b = _pools()
    place_a, place_b = start_a % POOL + begin, start_b % POOL + begin
    # In memory that is there, as to touch new memory costs more than the arithmetic.
    np.multiply(pool_a[place_a : place_a + len(out)], np.float32(amount * cos(angle)), out=out)
    np.multiply(pool_b[place_b : place_b + len(out)], np.float32(amount * sin(angle)), out=scratch)
    out += scratch


@cache
def _pools() -> tuple[Float32, Float32]:
    generator = np.random.Generator(np.random.SFC64(20201104))
    pools = generator.standard_normal((2, POOL + BLOCK), dtype=np.float32)
    return pools[0], pools[1]
