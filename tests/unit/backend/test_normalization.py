"""Statistics of cohort scores."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from speakernet.backend.cosine import length_norm
from speakernet.backend.normalization import cohort_size, cohort_statistics
from speakernet.config import UserError

Array = NDArray[Any]

DIM, MEMBERS = 7, 25


@pytest.fixture
def cohort() -> Array:
    return np.random.default_rng(1).normal(size=(MEMBERS, DIM)) / 5


def test_own_speaker_is_left_out(cohort: Array) -> None:
    rows = length_norm(np.random.default_rng(3).normal(size=(6, DIM)))
    own = np.array([0, -1, 24, 3, -1, 3])
    found = cohort_statistics(rows, cohort, 4, own)
    for row in range(6):
        others = [m for i, m in enumerate(cohort) if i != own[row]]
        best = np.sort([rows[row] @ member for member in others])[-4:]
        assert found.mean[row] == pytest.approx(best.mean(), rel=1e-12)
        assert found.std[row] == pytest.approx(best.std(), rel=1e-12)


def test_result_does_not_depend_on_threads(cohort: Array, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = length_norm(np.random.default_rng(3).normal(size=(2000, DIM)))
    found = []
    for threads in ("1", "3"):
        monkeypatch.setenv("OMP_NUM_THREADS", threads)
        found.append(cohort_statistics(rows, cohort, 4))
    np.testing.assert_array_equal(found[0].mean, found[1].mean)
    np.testing.assert_array_equal(found[0].std, found[1].std)


def test_cohort_size() -> None:
    assert cohort_size(400, 5994) == 400
    assert cohort_size(400, 60) == 60
    assert cohort_size(0.1, 5994) == 599


def test_normalization_refuses_what_has_no_spread() -> None:
    rows = np.eye(3)
    with pytest.raises(UserError, match="same score"):
        cohort_statistics(rows, np.zeros((4, 3)), 4)
    with pytest.raises(UserError, match="too few"):
        cohort_statistics(rows, np.ones((1, 3)), 1)
