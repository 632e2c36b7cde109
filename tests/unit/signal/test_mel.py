"""Mel filters: where they lie, and that they share every frequency."""

import numpy as np
import pytest

from speakernet.config import UserError
from speakernet.signal.mel import mel_filters, mel_scale
from speakernet.signal.options import FbankOptions


def test_mel_values() -> None:
    """The scale is chosen so that 1000 Hz are 1000 mel."""
    frequencies = np.array([0, 700, 1000], dtype=np.float32)
    mel = mel_scale(frequencies)
    assert mel.dtype == np.float32
    np.testing.assert_allclose(mel, [0, 1127 * np.log(2), 999.99], atol=0.01)


@pytest.mark.parametrize(
    ("num_mel_bins", "low", "high"), [(23, 20.0, 0.0), (40, 300.0, 3400.0), (3, 0.0, -1000.0)]
)
def test_filters_are_triangles_that_add_up_to_one(
    num_mel_bins: int, low: float, high: float
) -> None:
    options = FbankOptions(num_mel_bins=num_mel_bins, low_freq=low, high_freq=high)
    weights = mel_filters(options)
    assert weights.shape == (256, num_mel_bins) and weights.dtype == np.float32
    edges = 1127 * np.log(1 + np.array([low, high if high > 0 else 8000 + high]) / 700)
    delta = (edges[1] - edges[0]) / (num_mel_bins + 1)
    # Where a frequency lies among the centres of the bins: -1 is the lower edge of the first.
    place = (1127 * np.log(1 + np.arange(256) * 31.25 / 700) - edges[0]) / delta - 1
    expected = np.maximum(1 - np.abs(place[:, None] - np.arange(num_mel_bins)), 0)
    np.testing.assert_allclose(weights, expected, atol=2e-4)
    inside = (place >= 0) & (place <= num_mel_bins - 1)
    np.testing.assert_allclose(weights[inside].sum(axis=1), 1, atol=1e-4)


def test_transforms_of_other_lengths() -> None:
    options = FbankOptions(sample_frequency=8000, frame_length=30, round_to_power_of_two=False)
    weights = mel_filters(options)
    assert weights.shape == (120, 23)
    peaks_hz = weights.argmax(axis=0) * 8000 / 240
    assert (np.diff(peaks_hz) > 0).all() and 3300 < peaks_hz[-1] < 4000


def test_a_mel_bin_without_frequencies_is_an_error() -> None:
    with pytest.raises(
        UserError, match="--num-mel-bins=200: no frequency of a 512-point transform falls into bin"
    ):
        mel_filters(FbankOptions(num_mel_bins=200))
