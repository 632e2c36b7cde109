"""Error rates where there is only one right answer, and scores that must be refused."""

import math

import numpy as np
import pytest

from speakernet.config import UserError
from speakernet.metrics.cllr import cllr, min_cllr
from speakernet.metrics.det import det_curve, eer, eer_threshold


def test_separable() -> None:
    curve = det_curve([0.1, 0.2, 0.8, 0.9], [False, False, True, True])
    assert eer(curve) == 0
    assert eer_threshold(curve) == 0.8


def test_all_tied() -> None:
    assert eer(det_curve([0.5] * 6, [True, False, False, True, False, False])) == 0.5


def test_reversed_scores() -> None:
    assert eer(det_curve([0.9, 0.8, 0.2, 0.1], [False, False, True, True])) == 1


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


def test_two_gaussians() -> None:
    # One apart: the rates are equal half way between the means, Phi(-1/2).
    generator = np.random.default_rng(0)
    scores = np.concatenate([generator.normal(1, 1, 200_000), generator.normal(0, 1, 200_000)])
    curve = det_curve(scores, np.arange(400_000) < 200_000)
    assert eer(curve) == pytest.approx(0.30854, abs=2e-3)
    assert eer_threshold(curve) == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_scores_that_are_not_finite_are_refused(bad: float) -> None:
    for metric in (det_curve, cllr, min_cllr):
        with pytest.raises(UserError, match=r"score 2 is .*; expected a finite number"):
            metric([0.0, bad, 1.0], [True, False, True])


@pytest.mark.parametrize("kind", [True, False])
def test_one_class_alone_is_refused(kind: bool) -> None:
    with pytest.raises(UserError, match="without any"):
        det_curve([0.0, 1.0], [kind, kind])


def test_lengths_must_fit() -> None:
    with pytest.raises(UserError, match="do not fit"):
        det_curve([0.0, 1.0], [True])
