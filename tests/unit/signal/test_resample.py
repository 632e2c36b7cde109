"""Other speeds and rates: lengths, places, what the low-pass takes away."""

from fractions import Fraction

import numpy as np
import pytest

from speakernet.arrays import Float32
from speakernet.signal.resample import change_speed, changed_length, resample, resample_part

RATIOS = [Fraction(1, 2), Fraction(2, 1), Fraction(10, 9), Fraction(441, 320), Fraction(3, 7)]


def tone(frequency_hz: float, rate: float, num_samples: int) -> Float32:
    time = np.arange(num_samples) / rate
    return (1000 * np.sin(2 * np.pi * frequency_hz * time)).astype(np.float32)


@pytest.mark.parametrize("ratio", RATIOS, ids=str)
def test_a_tone_stays_where_it_was(ratio: Fraction) -> None:
    result = resample(tone(300, 16000, 8000), ratio)
    assert result.dtype == np.float32
    expected = tone(300, 16000 * float(ratio), len(result))
    np.testing.assert_allclose(result[300:-300], expected[300:-300], atol=1)


@pytest.mark.parametrize("ratio", [r for r in RATIOS if r < 1], ids=str)
def test_what_the_lower_rate_cannot_hold_is_taken_away(ratio: Fraction) -> None:
    """From 10 % above the new Nyquist rate on, to a thousandth."""
    result = resample(tone(8000 * float(ratio) * 1.1, 16000, 8000), ratio)
    assert np.abs(result[300:-300]).max() < 1


@pytest.mark.parametrize("ratio", RATIOS, ids=str)
def test_a_level_is_kept(ratio: Fraction) -> None:
    result = resample(np.full(3000, 100, dtype=np.float32), ratio)
    np.testing.assert_allclose(result[200:-200], 100, atol=0.1)


@pytest.mark.parametrize("factor", [0.9, 1.1, 1.25, 0.8, 1.0])
@pytest.mark.parametrize("count", [0, 1, 7, 1000, 16001])
def test_the_length_is_known_beforehand(factor: float, count: int) -> None:
    length = changed_length(count, factor)
    assert length == len(change_speed(np.ones(count, dtype=np.float32), factor))
    assert abs(length - count / factor) <= 0.5


def test_a_decimal_is_the_ratio_that_was_meant() -> None:
    """0.9 is no binary number; 10 samples for 9 all the same, however long."""
    assert changed_length(9 * 10**9, 0.9) == 10**10


def test_the_same_speed_is_the_same_waveform() -> None:
    waveform = tone(300, 16000, 100)
    assert change_speed(waveform, 1.0) is waveform


def test_it_is_linear_and_does_not_depend_on_the_place() -> None:
    rng = np.random.default_rng(0)
    one, other = rng.standard_normal((2, 2000)).astype(np.float32)
    ratio = Fraction(10, 9)
    np.testing.assert_allclose(
        resample(3 * one - other, ratio),
        3 * resample(one, ratio) - resample(other, ratio),
        atol=1e-4,
    )
    alone = resample(one, ratio)
    between_zeros = resample(np.pad(one, (900, 50)), ratio)[1000:]
    np.testing.assert_allclose(between_zeros[: len(alone)], alone, atol=1e-4)


@pytest.mark.parametrize(
    "ratio", [Fraction(160, 441), Fraction(2), Fraction(1, 3), Fraction(9, 10)]
)
@pytest.mark.parametrize(("first", "length"), [(0, 1), (0, 700), (333, 50), (1200, 800), (5, 0)])
def test_a_part_needs_only_its_neighbourhood(ratio: Fraction, first: int, length: int) -> None:
    waveform = np.random.default_rng(5).normal(0, 1000, 9000).astype(np.float32)
    whole = resample(waveform, ratio)
    read = []

    def inputs(start: int, stop: int) -> Float32:
        assert 0 <= start < stop <= len(waveform)
        read.append(stop - start)
        return waveform[start:stop]

    part = resample_part(inputs, len(waveform), ratio, first, length)
    assert sum(read) <= length / ratio + 2 * ratio.denominator + 400
    np.testing.assert_allclose(part, whole[first : first + length], rtol=0, atol=1e-2)
