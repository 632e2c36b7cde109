"""Other rates: exact ratios, approximated ones, and those that no audio has."""

from fractions import Fraction

import numpy as np
import pytest

from speakernet.audio.channels import Signal
from speakernet.audio.rates import at_rate, rate_ratio
from speakernet.config import UserError


def test_ratios() -> None:
    assert rate_ratio(44_100, 16_000) == Fraction(160, 441)
    assert rate_ratio(11_025, 16_000) == Fraction(640, 441)
    odd = rate_ratio(44_101, 16_000)
    assert odd.denominator <= 4000
    assert float(odd) == pytest.approx(16_000 / 44_101, rel=1e-6)


@pytest.mark.parametrize("rate", [0, 3, 500_000, 2_000_000_000])
def test_rates_that_no_audio_has(rate: int) -> None:
    with pytest.raises(UserError, match=f"found {rate} Hz; expected 2000 to 400000 Hz"):
        rate_ratio(rate, 16_000)


@pytest.mark.parametrize("rate", [8000, 11_025, 22_050, 24_000, 32_000, 44_100, 48_000, 44_101])
def test_a_tone_stays_what_it_is(rate: int) -> None:
    time = np.arange(rate) / rate
    tone = np.rint(9000 * np.sin(2 * np.pi * 1234 * time)).astype(np.int16)
    signal = at_rate(Signal(tone, rate), 16_000)
    expected = 9000 * np.sin(2 * np.pi * 1234 * np.arange(len(signal.samples)) / 16_000)
    assert abs(len(signal.samples) - 16_000) <= 1
    assert np.abs(signal.samples - expected)[400:-400].max() < (30 if rate == 44_101 else 3)
    assert [str(note) for note in signal.notes] == [f"resampled from {rate} Hz"]
    assert at_rate(signal, 16_000) is signal
