"""What metrics must give where there is only one right answer, and what they must refuse."""

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from speakernet.config import UserError
from speakernet.metrics.bootstrap import percentile_interval, replicates
from speakernet.metrics.cllr import cllr, min_cllr
from speakernet.metrics.dcf import OperatingPoint, act_dcf, min_dcf
from speakernet.metrics.definitions import definitions
from speakernet.metrics.det import det_curve, eer, eer_threshold

SEPARABLE = ([0.1, 0.2, 0.8, 0.9], [False, False, True, True])
TIED = ([0.5] * 6, [True, False, False, True, False, False])
REVERSED = ([0.9, 0.8, 0.2, 0.1], [False, False, True, True])


def test_separable() -> None:
    curve = det_curve(*SEPARABLE)
    assert eer(curve) == 0
    assert eer_threshold(curve) == 0.8
    assert min_dcf(curve, OperatingPoint(0.01)) == 0
    assert min_cllr(*SEPARABLE) == 0


def test_all_tied() -> None:
    curve = det_curve(*TIED)
    assert eer(curve) == 0.5
    assert min_dcf(curve, OperatingPoint(0.05)) == 1
    assert min_cllr(*TIED) == pytest.approx(1, abs=1e-12)


def test_reversed_scores() -> None:
    assert eer(det_curve(*REVERSED)) == 1
    assert min_dcf(det_curve(*REVERSED), OperatingPoint(0.05)) == 1
    assert min_cllr(*REVERSED) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("target", [0.0, 1.0, 2.0, 2.5])
def test_one_target(target: float) -> None:
    scores, labels = [0.0, 1.0, 2.0, target], [False, False, False, True]
    curve = det_curve(scores, labels)
    # Above all non-targets: no error. Level with k of them: on the line to the next point.
    expected = {0.0: 0.75, 1.0: 0.5, 2.0: 0.25, 2.5: 0.0}
    assert eer(curve) == pytest.approx(expected[target], abs=1e-12)
    assert curve.num_target == 1


def test_one_nontarget() -> None:
    assert eer(det_curve([0.0, 1.0, 2.0, 1.5], [True, True, True, False])) == pytest.approx(2 / 3)
    assert eer(det_curve([0.0, 1.0, 2.0, -1.0], [True, True, True, False])) == 0


def test_one_of_each() -> None:
    assert eer(det_curve([1.0, 0.0], [True, False])) == 0
    assert eer(det_curve([0.0, 0.0], [True, False])) == 0.5
    assert eer(det_curve([0.0, 1.0], [True, False])) == 1


def test_identical_scores_across_classes() -> None:
    scores = [0.0, 1.0, 2.0, 0.0, 1.0, 2.0]
    assert eer(det_curve(scores, [True] * 3 + [False] * 3)) == pytest.approx(0.5)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_scores_that_are_not_finite_are_refused(bad: float) -> None:
    for metric in (det_curve, cllr, min_cllr):
        with pytest.raises(UserError, match=r"score 2 is .*; expected a finite number"):
            metric([0.0, bad, 1.0], [True, False, True])


@pytest.mark.parametrize("kind", [True, False])
def test_one_class_alone_is_refused(kind: bool) -> None:
    with pytest.raises(UserError, match="without any"):
        det_curve([0.0, 1.0], [kind, kind])


@pytest.mark.parametrize("p_target", [0.0, 1.0, -0.1, math.nan])
def test_impossible_priors_are_refused(p_target: float) -> None:
    with pytest.raises(UserError, match="p_target"):
        OperatingPoint(p_target)


def test_lengths_must_fit() -> None:
    with pytest.raises(UserError, match="do not fit"):
        det_curve([0.0, 1.0], [True])


def test_calibrated_scores_cost_what_theory_says() -> None:
    # Two Gaussians, one apart: the log-likelihood ratio of x is x - 1/2.
    generator = np.random.default_rng(0)
    x = np.concatenate([generator.normal(1, 1, 200_000), generator.normal(0, 1, 200_000)])
    labels = np.arange(400_000) < 200_000
    llrs = x - 0.5
    assert eer(det_curve(llrs, labels)) == pytest.approx(0.30854, abs=2e-3)  # Phi(-1/2)
    assert cllr(llrs, labels) == pytest.approx(min_cllr(llrs, labels), abs=2e-3)
    point = OperatingPoint(0.3)
    assert act_dcf(llrs, labels, point) == pytest.approx(
        min_dcf(det_curve(llrs, labels), point), abs=3e-3
    )


def test_constant_llr_of_zero_costs_one_bit() -> None:
    assert cllr([0.0, 0.0], [True, False]) == 1


def test_huge_llrs_do_not_overflow() -> None:
    assert cllr([1e5, -1e5], [True, False]) == 0
    assert cllr([-1e5, 1e5], [True, False]) == pytest.approx(1e5 / math.log(2))


@pytest.mark.parametrize("name", definitions.names())
def test_every_definition_has_the_corner_cases(name: str) -> None:
    definition = definitions.get(name)
    scores, labels = (np.array(x) for x in SEPARABLE)
    assert definition.eer(scores, labels) == 0
    assert definition.min_dcf(scores, labels, OperatingPoint(0.05)) == 0
    assert definition.text and definition.p_targets
    with pytest.raises(UserError):
        definition.eer(np.array([0.0, np.nan]), np.array([True, False]))


def test_definitions_differ_on_ties() -> None:
    # 2 targets, 3 non-targets; the middle score is shared. Worked out by hand.
    scores = np.array([1.0, 2.0, 2.0, 2.0, 3.0])
    labels = np.array([False, False, True, False, True])
    # Points (miss, false alarm): (0, 1) (0, 2/3) (1/2, 0) (1, 0).
    assert definitions.get("speakernet").eer(scores, labels) == pytest.approx(2 / 7)
    assert definitions.get("voxsrc2020").eer(scores, labels) == 0
    assert definitions.get("tdy").eer(scores, labels) == 0.5
    # One by one: (0, 2/3) (0, 1/3) (1/2, 1/3) (1/2, 0): crossing from (0, 1/3) to (1/2, 1/3).
    assert definitions.get("nist").eer(scores, labels) == pytest.approx(1 / 3)


def test_unknown_definition_names_the_nearest() -> None:
    with pytest.raises(UserError, match="voxsrc"):
        definitions.get("voxsrk")


Array = NDArray[Any]


def _trials(
    seed: int, speakers: int = 12, per_speaker: int = 4
) -> tuple[Array, Array, Array, Array]:
    generator = np.random.default_rng(seed)
    of = np.repeat(np.arange(speakers), per_speaker)
    left, right = np.triu_indices(len(of), 1)
    same = of[left] == of[right]
    scores = generator.normal(size=len(left)) + 2.0 * same
    return scores, same, of[left], of[right]


def test_bootstrap_is_seeded() -> None:
    trials = _trials(0)
    runs = [
        list(replicates(*trials, lambda c: [eer(c)], num_replicates=20, seed=seed))
        for seed in (1, 1, 2)
    ]
    assert runs[0] == runs[1] != runs[2]


def test_bootstrap_covers_the_truth() -> None:
    # EER of two Gaussians two apart is Phi(-1): intervals of 95 % should mostly hold it.
    covered = 0
    for seed in range(20):
        samples = replicates(*_trials(seed), lambda c: [eer(c)], num_replicates=100, seed=seed)
        low, high = percentile_interval(list(samples))
        covered += low[0] <= 0.15866 <= high[0]
    assert covered >= 15


def test_bootstrap_refuses_labels_that_do_not_fit() -> None:
    scores, same, left, right = _trials(0)
    same[5] = ~same[5]
    with pytest.raises(UserError, match="trial 6"):
        next(replicates(scores, same, left, right, lambda c: [0], num_replicates=1, seed=0))
