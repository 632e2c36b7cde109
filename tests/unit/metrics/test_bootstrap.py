"""Intervals by drawing speakers."""

import numpy as np
import pytest

from speakernet.arrays import Bool, Float64, Indices
from speakernet.config import UserError
from speakernet.metrics.bootstrap import replicates
from speakernet.metrics.dcf import OperatingPoint, act_dcf, act_dcf_of
from speakernet.metrics.det import eer
from tests.reference_metrics import repeated_trials


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


def test_curves_are_exact_at_thresholds_that_are_asked_for() -> None:
    """A draw's actDCF is that of its trials written out, though runs of one kind are merged."""
    scores, same, left, right = _trials(3, speakers=5)
    point = OperatingPoint(0.3)
    draws = replicates(
        scores, same, left, right, lambda curve: [act_dcf_of(curve, point)],
        num_replicates=12, seed=8, thresholds=[point.bayes_threshold],
    )  # fmt: skip
    generator = np.random.default_rng(8)
    for (found,) in draws:
        counts = np.bincount(generator.integers(5, size=5), minlength=5).tolist()
        trials = repeated_trials(scores.tolist(), left.tolist(), right.tolist(), counts)
        assert abs(found - act_dcf(*trials, point)) < 1e-12


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
