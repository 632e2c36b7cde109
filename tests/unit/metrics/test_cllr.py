"""The cost of log-likelihood ratios where there is only one right answer."""

import math

import numpy as np
import pytest

from speakernet.metrics.cllr import cllr, min_cllr, pav_llrs
from speakernet.metrics.det import SortedScores

LABELS = [False, False, True, True]


def test_separable_scores_cost_nothing_at_best() -> None:
    assert min_cllr([0.1, 0.2, 0.8, 0.9], LABELS) == 0


@pytest.mark.parametrize("scores", [[0.5] * 4, [0.9, 0.8, 0.2, 0.1]], ids=["tied", "reversed"])
def test_scores_that_say_nothing_cost_one_bit_at_best(scores: list[float]) -> None:
    assert min_cllr(scores, LABELS) == pytest.approx(1, abs=1e-12)


def test_constant_llr_of_zero_costs_one_bit() -> None:
    assert cllr([0.0, 0.0], [True, False]) == 1


def test_huge_llrs_do_not_overflow() -> None:
    assert cllr([1e5, -1e5], [True, False]) == 0
    assert cllr([-1e5, 1e5], [True, False]) == pytest.approx(1e5 / math.log(2))


def test_a_pool_has_the_ratio_of_its_share_of_targets() -> None:
    # Pools by rising score: one non-target; a target and two non-targets; two targets.
    scores, labels = [1, 2, 3, 4, 5, 6], [False, True, False, False, True, True]
    llrs, ranked = pav_llrs(SortedScores.of(scores, labels))
    assert llrs.tolist() == pytest.approx([-math.inf, *[math.log(1 / 2)] * 3, *[math.inf] * 2])
    assert ranked.tolist() == labels


def test_calibrated_scores_cost_what_theory_says() -> None:
    # Two Gaussians, one apart: the log-likelihood ratio of x is x - 1/2.
    generator = np.random.default_rng(0)
    x = np.concatenate([generator.normal(1, 1, 200_000), generator.normal(0, 1, 200_000)])
    labels = np.arange(400_000) < 200_000
    assert cllr(x - 0.5, labels) == pytest.approx(min_cllr(x, labels), abs=2e-3)
