"""Intervals from draws of speakers."""

import numpy as np
import pytest
from scipy.stats import norm

from speakernet.metrics.bootstrap import replicates
from speakernet.metrics.det import det_curve, eer
from speakernet.metrics.intervals import interval

GAP = 2.2
"""Between target and non-target scores of deviation 1; speakers add 0.5 to their own."""
TRUTH = float(norm.cdf(-GAP / 2 / np.sqrt(1 + 0.5**2 / 2)))


def _interval(seed: int, speakers: int = 15, each: int = 5) -> tuple[float, float]:
    """Simulate scores that rise and fall with both speakers; return the interval of the EER."""
    generator = np.random.default_rng(seed)
    of = np.repeat(np.arange(speakers), each)
    left, right = of[np.stack(np.triu_indices(len(of), 1))]
    effects = generator.normal(0, 0.5 / np.sqrt(2), (2, speakers))
    same = left == right
    # A speaker's targets share an effect as large as that of a pair of non-targets.
    shared = np.where(same, np.sqrt(2) * effects[0][left], effects[1][left] + effects[1][right])
    scores = generator.normal(size=len(left)) + GAP * same + shared / np.sqrt(2)
    draws = replicates(scores, same, left, right, lambda c: [eer(c)], num_replicates=60, seed=0)
    rate = eer(det_curve(scores, same))
    return interval("rate", rate, [d for (d,) in draws], num_speakers=speakers, least=0.003)


def test_intervals_hold_the_truth() -> None:
    bounds = [_interval(seed) for seed in range(60)]
    held = sum(low <= TRUTH <= high for low, high in bounds)
    # Of 60 intervals of 95 %, fewer than 52 hold the truth once in a hundred times.
    assert held >= 52
    assert all(high - low < 0.25 for low, high in bounds)


@pytest.mark.parametrize(
    ("kind", "estimate", "draws", "expected"),
    [
        # logit(0.2) = -1.386; the logits' deviation is that of -2, -1, 0: 1; t(9) is 2.262.
        ("rate", 0.2, [0.1192, 0.26894, 0.5], (0.02538, 0.70598)),
        ("cost", 1.5, [1.0, np.e, np.e**2], (0.15620, 14.4045)),
        ("difference", -0.3, [-1.0, 0.0, 1.0], (-2.56216, 1.96216)),
    ],
)
def test_values(
    kind: str, estimate: float, draws: list[float], expected: tuple[float, float]
) -> None:
    found = interval(kind, estimate, draws, num_speakers=10, least=1e-4)
    np.testing.assert_allclose(found, expected, rtol=1e-3)


def test_no_error_among_few_speakers_says_little() -> None:
    low, high = interval("rate", 0.0, [0.0] * 5, num_speakers=17, least=0.01)
    assert low == 0 and abs(high - 0.195) < 1e-3  # Clopper and Pearson: none of 17
    assert interval("rate", 1.0, [1.0] * 5, num_speakers=17, least=0.01) == (1 - high, 1.0)
    # One speaker makes all the errors: some draws have none, which counts as half an error.
    low, high = interval("rate", 0.01, [0.0, 0.01, 0.02, 0.03], num_speakers=17, least=0.001)
    assert 0 < low < 0.001 < 0.05 < high < 0.5
    assert interval("cost", 0.0, [0.0, 0.1], num_speakers=17, least=0.001)[0] == 0
