"""Calibration and fusion by logistic regression."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from speakernet.backend.calibration import PENALTY, fit_calibration
from speakernet.config import UserError
from speakernet.metrics.cllr import cllr, min_cllr
from speakernet.metrics.dcf import OperatingPoint, act_dcf, min_dcf
from speakernet.metrics.det import det_curve, eer
from tests.unit.backend.gaussian_scores import gaussians

Array = NDArray[Any]


def test_llrs_of_gaussians_are_found() -> None:
    scores, labels = gaussians(0, 100_000)
    found = fit_calibration(scores[:, None], labels, ("x",), 0.3)
    assert found.weights[0] == pytest.approx(2, rel=0.02)
    assert found.offset == pytest.approx(0, abs=0.02)


@pytest.mark.parametrize("p_target", [0.01, 0.5])
def test_calibration_is_right_on_other_scores(p_target: float) -> None:
    training, labels = gaussians(0, 20_000)
    found = fit_calibration(0.1 * training[:, None] + 7, labels, ("x",), p_target)
    test, labels = gaussians(1, 20_000)
    llrs = found.apply(0.1 * test[:, None] + 7)
    point = OperatingPoint(0.05)
    assert act_dcf(llrs, labels, point) == pytest.approx(
        min_dcf(det_curve(llrs, labels), point), rel=0.05
    )
    assert cllr(llrs, labels) - min_cllr(llrs, labels) < 0.01
    assert act_dcf(0.1 * test + 7, labels, point) > 2  # nonsense before


def test_separable_trials_have_a_finite_map() -> None:
    scores = np.array([0.0, 0.1, 0.8, 0.9])
    found = fit_calibration(scores[:, None], scores > 0.5, ("x",), 0.5)
    assert np.isfinite(found.apply(scores[:, None])).all()
    assert eer(det_curve(found.apply(scores[:, None]), scores > 0.5)) == 0


def optimum(x: Array, labels: Array, p_target: float) -> tuple[Array, float]:
    """Newton's method from a good start, in extended precision, for standardised features."""
    mean, scale = x.mean(axis=0), x.std(axis=0)
    rows = np.column_stack([(x - mean) / scale, np.ones(len(x))]).astype(np.longdouble)
    shares = np.where(labels, p_target / labels.sum(), (1 - p_target) / (~labels).sum())
    penalty = np.append(np.full(x.shape[1], PENALTY), 0)
    start = fit_calibration(x, labels, tuple(map(str, range(x.shape[1]))), p_target)
    shift = np.log(p_target) - np.log1p(-p_target)
    weights = np.append(start.weights * scale, start.offset + start.weights @ mean)
    weights = 0.99 * weights.astype(np.longdouble)
    for _ in range(20):
        posterior = 1 / (1 + np.exp(-(rows @ weights + shift)))
        gradient = rows.T @ (shares * (posterior - labels)) + penalty * weights
        curvature = (shares * posterior * (1 - posterior))[:, None]
        hessian = (rows * curvature).T @ rows + np.diag(penalty)
        weights -= np.linalg.solve(hessian.astype(float), gradient.astype(float))
    slopes = weights[:-1] / scale
    return slopes.astype(float), float(weights[-1] - slopes @ mean)


@pytest.mark.parametrize("p_target", [1e-4, 0.05, 0.9])
@pytest.mark.parametrize("overlap", [1.0, 0.3])
def test_weights_are_the_optimum(p_target: float, overlap: float) -> None:
    generator = np.random.default_rng(5)
    labels = np.arange(3000) < 300
    common = generator.normal(size=(3000, 1))
    systems = overlap * (common + 0.3 * generator.normal(size=(3000, 3)))
    systems += np.where(labels, 1.0, -1.0)[:, None]
    systems = 7 + systems * [0.1, 1, 30]
    found = fit_calibration(systems, labels, ("a", "b", "c"), p_target)
    slopes, offset = optimum(systems, labels, p_target)
    np.testing.assert_allclose(found.weights, slopes, rtol=1e-9)
    assert found.offset == pytest.approx(offset, rel=1e-9)


def test_a_system_that_is_given_twice_shares_its_weight() -> None:
    scores, labels = gaussians(3, 2000)
    alone = fit_calibration(scores[:, None], labels, ("x",), 0.1)
    twice = fit_calibration(np.column_stack([scores, 5 - 2 * scores]), labels, ("x", "y"), 0.1)
    llrs = twice.apply(np.column_stack([scores, 5 - 2 * scores]))
    np.testing.assert_allclose(llrs, alone.apply(scores[:, None]), atol=1e-6)
    assert twice.weights[0] == pytest.approx(-2 * twice.weights[1], rel=1e-6)


def test_quality_helps_where_scores_depend_on_it() -> None:
    generator = np.random.default_rng(0)
    quality = generator.normal(size=40_000)
    labels = np.arange(40_000) % 2 == 0
    scores = generator.normal(np.where(labels, 1.0, -1.0) + 2 * quality, 1.0)
    alone = fit_calibration(scores[:, None], labels, ("x",), 0.5)
    both = np.column_stack([scores, quality])
    with_quality = fit_calibration(both, labels, ("x", "q"), 0.5)
    assert cllr(with_quality.apply(both), labels) < 0.75 * cllr(alone.apply(both[:, :1]), labels)


def test_fusion_beats_each_system() -> None:
    generator = np.random.default_rng(0)
    labels = np.arange(20_000) % 2 == 0
    systems = generator.normal(np.where(labels, 1.0, -1.0)[:, None], 1.0, (20_000, 2))
    fused = fit_calibration(systems, labels, ("a", "b"), 0.5)
    rates = [eer(det_curve(x, labels)) for x in (fused.apply(systems), *systems.T)]
    assert rates[0] < 0.6 * min(rates[1:])


@pytest.mark.parametrize(
    ("features", "message"),
    [
        (np.array([[1.0], [1.0]]), "'x' is the same"),
        (np.array([[1.0], [np.nan]]), "'x' is not finite"),
    ],
)
def test_useless_features_are_refused(features: Array, message: str) -> None:
    with pytest.raises(UserError, match=message):
        fit_calibration(features, np.array([True, False]), ("x",), 0.5)
