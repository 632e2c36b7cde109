"""Two-covariance PLDA against full covariances."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from speakernet.backend import plda as package
from speakernet.backend.config import PldaConfig
from speakernet.backend.plda import Plda
from speakernet.config import UserError
from speakernet.metrics.cllr import cllr, min_cllr
from speakernet.metrics.det import det_curve, eer

Array = NDArray[Any]

DIM = 6


def speakers_of(generator: np.random.Generator, count: int, each: int) -> tuple[Array, Array]:
    """Speakers with covariance diag(4 … 0.2), utterances of each with I + 0.5.

    Made without matrix products or decompositions, whose last bits (and, for equal eigenvalues,
    whole vectors) depend on the processor.
    """
    speakers = np.repeat(np.arange(count), each)
    means = generator.normal(0, np.sqrt(np.linspace(4, 0.2, DIM)), (count, DIM))
    common = generator.normal(0, np.sqrt(0.5), (count * each, 1))
    noise = generator.normal(size=(count * each, DIM)) + common
    return means[speakers] + noise + 3, speakers


def train_plda(x: Array, speakers: Array, config: PldaConfig) -> Plda:
    """Train on two blocks of the vectors."""
    half = len(x) // 2
    blocks = [(x[:half], speakers[:half]), (x[half:], speakers[half:])]
    return package.train_plda(lambda: blocks, int(speakers.max()) + 1, config)


def gaussian_llr(x: Array, y: Array, between: Array, within: Array) -> float:
    """Log density of both under one speaker less that under two, by full covariances."""
    from scipy.stats import multivariate_normal

    total, zero = between + within, np.zeros(DIM)
    joint = np.block([[total, between], [between, total]])
    both = multivariate_normal(np.zeros(2 * DIM), joint).logpdf(np.concatenate([x, y]))
    single = multivariate_normal(zero, total)
    return float(both - single.logpdf(x) - single.logpdf(y))


@pytest.mark.parametrize("iterations", [0, 5])
def test_plda_scores_are_gaussian_llrs(iterations: int) -> None:
    x, speakers = speakers_of(np.random.default_rng(0), 200, 4)
    plda = train_plda(x, speakers, PldaConfig(length_norm=False, iterations=iterations))
    back = np.linalg.inv(plda.transform)
    between, within = back.T @ np.diag(plda.between) @ back, back.T @ back
    left, right = np.arange(0, 20), np.arange(1, 21)
    scores = plda.scores(plda.project(x), left, right)
    centred = x - plda.mean
    expected = [gaussian_llr(centred[a], centred[b], between, within)
                for a, b in zip(left, right, strict=True)]  # fmt: skip
    np.testing.assert_allclose(scores, expected, rtol=1e-8, atol=1e-8)


def test_plda_em_finds_the_covariances() -> None:
    x, speakers = speakers_of(np.random.default_rng(0), 3000, 3)
    plda = train_plda(x, speakers, PldaConfig(length_norm=False, iterations=20))
    back = np.linalg.inv(plda.transform)
    within, between = back.T @ back, back.T @ np.diag(plda.between) @ back
    np.testing.assert_allclose(within, np.eye(DIM) + 0.5, atol=0.08)
    np.testing.assert_allclose(between, np.diag(np.linspace(4, 0.2, DIM)), atol=0.25)


def test_plda_is_calibrated_on_its_own_model() -> None:
    generator = np.random.default_rng(0)
    plda = train_plda(*speakers_of(generator, 1000, 4), PldaConfig(length_norm=False))
    x, speakers = speakers_of(generator, 60, 4)
    left, right = np.triu_indices(len(x), 1)
    scores, labels = plda.scores(plda.project(x), left, right), speakers[left] == speakers[right]
    assert cllr(scores, labels) - min_cllr(scores, labels) < 0.03


def test_plda_with_lda_and_length_norm() -> None:
    """With other draws: 0.22 to 0.25, and 0.35 to 0.37 in the three least telling dimensions."""
    generator = np.random.default_rng(0)
    plda = train_plda(*speakers_of(generator, 300, 4), PldaConfig(lda_dim=3))
    x, speakers = speakers_of(generator, 200, 4)
    assert plda.project(x).shape == (800, 3)
    left, right = np.triu_indices(len(x), 1)
    scores, labels = plda.scores(plda.project(x), left, right), speakers[left] == speakers[right]
    assert eer(det_curve(scores, labels)) < 0.3


def test_plda_needs_pairs_of_utterances() -> None:
    with pytest.raises(UserError, match="two utterances"):
        train_plda(np.eye(3), np.arange(3), PldaConfig())
    with pytest.raises(UserError, match="lda_dim 5"):
        train_plda(np.eye(6), np.array([0, 0, 1, 1, 2, 2]), PldaConfig(lda_dim=5))
