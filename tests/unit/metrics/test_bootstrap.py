"""Intervals by drawing speakers."""

import numpy as np
import pytest

from speakernet.arrays import Bool, Float64, Indices
from speakernet.config import UserError
from speakernet.metrics.bootstrap import percentile_interval, replicates
from speakernet.metrics.det import eer


def _trials(
    seed: int, speakers: int = 12, per_speaker: int = 4
) -> tuple[Float64, Bool, Indices, Indices]:
    generator = np.random.default_rng(seed)
    of = np.repeat(np.arange(speakers), per_speaker)
    left, right = np.triu_indices(len(of), 1)
    same = of[left] == of[right]
    scores = generator.normal(size=len(left)) + 2.0 * same
    return scores, same, of[left], of[right]


def test_replicates_are_seeded() -> None:
    trials = _trials(0)
    runs = [
        list(replicates(*trials, lambda c: [eer(c)], num_replicates=20, seed=seed))
        for seed in (1, 1, 2)
    ]
    assert runs[0] == runs[1] != runs[2]


def test_intervals_cover_the_truth() -> None:
    # EER of two Gaussians two apart is Phi(-1): intervals of 95 % should mostly hold it.
    covered = 0
    for seed in range(20):
        samples = replicates(*_trials(seed), lambda c: [eer(c)], num_replicates=100, seed=seed)
        low, high = percentile_interval(list(samples))
        covered += low[0] <= 0.15866 <= high[0]
    assert covered >= 15


def test_an_interval_leaves_out_as_much_on_both_sides() -> None:
    samples = np.stack([np.arange(101.0), -np.arange(101.0)], axis=1)
    low, high = percentile_interval(samples, confidence=0.9)
    np.testing.assert_allclose([low, high], [[5, -95], [95, -5]])


def test_labels_that_do_not_fit_are_refused() -> None:
    scores, same, left, right = _trials(0)
    same[5] = ~same[5]
    with pytest.raises(UserError, match="trial 6"):
        next(replicates(scores, same, left, right, lambda c: [0], num_replicates=1, seed=0))


def test_two_speakers_have_no_interval() -> None:
    """One draw only has trials of both kinds: low and high would be the same."""
    enroll, test = np.array([0, 0, 2, 2]), np.array([0, 2, 2, 0])
    draws = replicates(
        [2.0, 1.0, 3.0, 0.5], enroll == test, enroll, test, lambda curve: [0.0],
        num_replicates=5, seed=0,
    )  # fmt: skip
    with pytest.raises(UserError, match="the trials have 2 speakers; .* needs 3 or more"):
        next(draws)
