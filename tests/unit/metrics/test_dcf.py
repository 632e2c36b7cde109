"""Detection costs where there is only one right answer."""

import math

import numpy as np
import pytest

from speakernet.config import UserError
from speakernet.metrics.dcf import OperatingPoint, act_dcf, min_dcf, min_dcf_index
from speakernet.metrics.det import det_curve


def test_separable_scores_cost_nothing() -> None:
    curve = det_curve([0.1, 0.2, 0.8, 0.9], [False, False, True, True])
    assert min_dcf(curve, OperatingPoint(0.01)) == 0
    assert curve.thresholds[min_dcf_index(curve, OperatingPoint(0.01))] == 0.8


@pytest.mark.parametrize("scores", [[0.5] * 4, [0.9, 0.8, 0.2, 0.1]], ids=["tied", "reversed"])
def test_scores_that_say_nothing_cost_as_much_as_none(scores: list[float]) -> None:
    curve = det_curve(scores, [False, False, True, True])
    for point in (OperatingPoint(0.05), OperatingPoint(0.9), OperatingPoint(0.5, 3, 7)):
        assert min_dcf(curve, point) == 1


def test_the_bayes_threshold_is_the_best_one_for_calibrated_scores() -> None:
    # Two Gaussians, one apart: the log-likelihood ratio of x is x - 1/2.
    generator = np.random.default_rng(0)
    x = np.concatenate([generator.normal(1, 1, 200_000), generator.normal(0, 1, 200_000)])
    labels = np.arange(400_000) < 200_000
    point = OperatingPoint(0.3)
    assert act_dcf(x - 0.5, labels, point) == pytest.approx(
        min_dcf(det_curve(x, labels), point), abs=3e-3
    )


def test_costs_move_the_bayes_threshold_as_priors_do() -> None:
    assert OperatingPoint(0.5).bayes_threshold == 0
    assert OperatingPoint(0.2).bayes_threshold == pytest.approx(math.log(4))
    assert OperatingPoint(0.5, c_miss=2, c_fa=6).bayes_threshold == pytest.approx(math.log(3))


@pytest.mark.parametrize("p_target", [0.0, 1.0, -0.1, math.nan])
def test_impossible_priors_are_refused(p_target: float) -> None:
    with pytest.raises(UserError, match="p_target"):
        OperatingPoint(p_target)


@pytest.mark.parametrize("costs", [(0, 1), (1, 0), (math.inf, 1), (1, math.nan)])
def test_impossible_costs_are_refused(costs: tuple[float, float]) -> None:
    with pytest.raises(UserError, match="costs"):
        OperatingPoint(0.5, *costs)
