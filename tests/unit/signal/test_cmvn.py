"""Sliding means where the result is known; the definition is in tests/property."""

import numpy as np
import pytest

from speakernet.signal.cmvn import sliding_cmn


def test_a_short_utterance_loses_its_mean() -> None:
    features = np.array([[1, 10], [2, 30], [6, 50]], dtype=np.float32)
    expected = [[-2, -20], [-1, 0], [3, 20]]
    for window in (3, 4, 300):
        result = sliding_cmn(features, window)
        assert result.dtype == np.float32
        np.testing.assert_array_equal(result, expected)
    np.testing.assert_array_equal(features[:, 0], [1, 2, 6])


def test_a_ramp_is_flat_but_for_its_ends() -> None:
    """A window of 4 begins two frames before its own; at the ends it moves inside."""
    ramp = np.arange(10, dtype=np.float32)[:, None]
    expected = [-1.5, -0.5, *[0.5] * 7, 1.5]
    np.testing.assert_array_equal(sliding_cmn(ramp, 4)[:, 0], expected)


def test_a_long_utterance_far_from_zero_is_exact() -> None:
    """Sums in float32 would be off by hundreds here."""
    features = np.tile(np.array([[1e6], [1e6 + 4]], dtype=np.float32), (50_000, 1))
    np.testing.assert_array_equal(np.abs(sliding_cmn(features, 300)), 2)


@pytest.mark.parametrize("count", [0, 1])
def test_nothing_is_left_of_one_frame_or_none(count: int) -> None:
    result = sliding_cmn(np.full((count, 3), 7, dtype=np.float32))
    np.testing.assert_array_equal(result, np.zeros((count, 3)))
