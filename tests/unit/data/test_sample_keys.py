"""Random numbers by the number of a sample."""

import numpy as np
import pytest

from speakernet.data.sample_keys import generator, integer_below, sample_keys

MASK = (1 << 64) - 1


def split_mix_64(start: int, number: int) -> int:
    """The ``number``-th output (from 0) of SplitMix64, written out from its authors' C code."""
    z = (start + (number + 1) * 0x9E3779B97F4A7C15) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def test_the_generator_is_the_published_one() -> None:
    """The first numbers from the start 1234567, as its authors' and other implementations give."""
    assert split_mix_64(1234567, 0) == 6457827717110365317
    assert split_mix_64(1234567, 1) == 3203168211198807973


@pytest.mark.parametrize("seed", [0, 7, 2**40])
def test_keys_are_its_numbers_from_a_start_of_the_seed(seed: int) -> None:
    start = int(np.random.SeedSequence([seed, 0x5A]).generate_state(1, np.uint64)[0])
    keys = sample_keys(seed, 1000, 50)
    assert keys.dtype == np.uint64
    assert keys.tolist() == [split_mix_64(start, 1000 + n) for n in range(50)]


def test_keys_do_not_depend_on_how_they_are_asked_for() -> None:
    whole = sample_keys(7, 0, 100)
    assert np.array_equal(sample_keys(7, 40, 10), whole[40:50])
    assert not np.array_equal(sample_keys(8, 0, 100), whole)
    assert len(set(whole.tolist())) == 100


def test_draws_below_a_bound_are_even() -> None:
    keys = sample_keys(1, 0, 6000).tolist()
    counts = np.bincount([integer_below(key, 6) for key in keys], minlength=6)
    assert counts.min() > 850 and counts.max() < 1150


@pytest.mark.parametrize("bound", [1, 2, 1000, 2**32])
def test_draws_stay_below_their_bound(bound: int) -> None:
    assert integer_below(0, bound) == 0
    assert integer_below(MASK, bound) == bound - 1


def test_a_generator_belongs_to_its_purpose() -> None:
    purposes = [(7, 1, 0), (7, 1, 1), (7, 1, 0, 1), (7, 2), (7, 3), (8, 1, 0)]
    first = {parts: generator(*parts).random() for parts in purposes}
    assert len(set(first.values())) == len(purposes)
    assert all(generator(*parts).random() == value for parts, value in first.items())
