"""Decoding, resampling and trimming clips."""

import numpy as np
import pytest
from clip_audio import UndecodableError, decode, resample, trim_silence
from wav_file import SAMPLE_RATE_HZ

from tests.unit.local.debian_voices.debs import tone, wav_bytes


@pytest.mark.parametrize("rate_hz", [8000, 22050, 44100, 48000])
def test_other_rates_and_stereo_become_16_khz_mono(rate_hz: int) -> None:
    samples = decode(wav_bytes(tone(1.0, rate_hz=rate_hz), rate_hz, num_channels=2), ".wav")
    expected = tone(1.0)
    assert samples.dtype == np.float32
    assert len(samples) == len(expected)
    middle = slice(2000, -2000)
    assert np.max(np.abs(samples[middle] - expected[middle])) < 2e-3


def test_resampling_16_khz_changes_nothing() -> None:
    samples = tone(0.1)
    assert resample(samples, SAMPLE_RATE_HZ) is samples


@pytest.mark.parametrize("suffix", [".wav", ".g722", ".gsm"])
def test_nothing_is_decoded_from_nothing(suffix: str) -> None:
    with pytest.raises(UndecodableError):
        decode(b"", suffix)


def test_g722_has_two_samples_a_byte_at_16_khz() -> None:
    assert len(decode(bytes(8000), ".g722")) == 16000


def test_gsm_has_160_samples_a_frame_of_33_bytes_at_8_khz() -> None:
    assert len(decode((b"\xd2" + bytes(32)) * 50, ".gsm")) == 50 * 160 * 2


def test_silence_around_a_tone_is_cut_less_a_margin() -> None:
    quiet = np.zeros(SAMPLE_RATE_HZ, dtype=np.float32)
    trimmed = trim_silence(np.concatenate([quiet, tone(0.5), quiet]))
    assert len(trimmed) == pytest.approx(0.6 * SAMPLE_RATE_HZ, abs=160)


@pytest.mark.parametrize("num_samples", [0, 100, 16000])
def test_digital_silence_comes_back_empty(num_samples: int) -> None:
    assert len(trim_silence(np.zeros(num_samples, dtype=np.float32))) == 0
