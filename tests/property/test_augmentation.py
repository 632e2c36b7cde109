"""Invariants of noise, reverberation, speed and sliding means, for arbitrary signals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speakernet.arrays import Float32
from speakernet.signal.cmvn import sliding_cmn
from speakernet.signal.dither import add_dither, utterance_seed
from speakernet.signal.resample import change_speed
from speakernet.signal.reverberate import ImpulseResponse, Noise, power, quantize, reverberate

seeds = st.integers(0, 2**32 - 1)
lengths = st.integers(1, 40_000)
snrs_db = st.floats(-20, 40)


def noise(seed: int, length: int, loudness: float = 1000.0) -> Float32:
    generator = np.random.default_rng(seed)
    return (loudness * generator.standard_normal(length)).astype(np.float32)


@given(seeds, st.integers(10, 30_000), st.integers(10, 30_000), snrs_db)
def test_the_ratio_asked_for_is_the_ratio_in_the_result(
    seed: int, length: int, noise_length: int, snr_db: float
) -> None:
    signal, other = noise(seed, length), noise(seed + 1, noise_length, 30)
    mixed = reverberate(signal, 16000, noises=[Noise(other, snr_db, 0.0)], normalize_output=False)
    used = min(length, noise_length)
    gain = np.dot(mixed[:used] - signal[:used], other[:used]) / np.dot(other[:used], other[:used])
    measured_db = 10 * np.log10(power(signal) / (gain**2 * power(other)))
    assert measured_db == pytest.approx(snr_db, abs=0.05)


@given(seeds, lengths, st.lists(st.tuples(snrs_db, st.floats(0, 3)), max_size=4))
def test_output_has_the_power_and_length_of_the_input(
    seed: int, length: int, noises: list[tuple[float, float]]
) -> None:
    signal = noise(seed, length)
    added = [Noise(noise(seed + i, 8000), snr, start) for i, (snr, start) in enumerate(noises)]
    mixed = reverberate(signal, 16000, noises=added)
    assert len(mixed) == length
    assert power(mixed) == pytest.approx(power(signal), rel=1e-3)


@given(seeds, lengths, st.integers(0, 4000), st.integers(0, 4000))
def test_unit_impulse_changes_nothing(seed: int, length: int, delay: int, tail: int) -> None:
    """Wherever the impulse is: shift_output takes the delay away."""
    signal = noise(seed, length)
    samples = np.zeros(delay + 1 + tail, dtype=np.float32)
    samples[delay] = 1
    response = ImpulseResponse(samples)
    result = reverberate(signal, 16000, response=response, normalize_output=False)
    np.testing.assert_allclose(result, signal, rtol=0, atol=0.02)
    # Kaldi's normalisation takes the mean over the silence that a longer response adds, too.
    normalized = reverberate(signal, 16000, response=response)
    gain = np.sqrt((length + delay + tail) / length)
    np.testing.assert_allclose(normalized, gain * signal, rtol=1e-3, atol=0.02 * gain)


@given(seeds, st.integers(1, 60_000), st.integers(1, 9000))
@settings(max_examples=40)
def test_convolution_is_numpys(seed: int, length: int, taps: int) -> None:
    signal, samples = noise(seed, length), noise(seed + 1, taps, 0.1)
    result = ImpulseResponse(samples).convolve(signal)
    expected = np.fft.irfft(
        np.fft.rfft(signal, length + taps) * np.fft.rfft(samples, length + taps), length + taps
    )[: length + taps - 1]
    assert len(result) == length + taps - 1
    np.testing.assert_allclose(result, expected, rtol=0, atol=1e-5 * np.abs(expected).max())


@given(seeds, lengths, st.integers(1, 5000))
def test_shift_output_keeps_length_and_alignment(seed: int, length: int, peak: int) -> None:
    signal = noise(seed, length)
    samples = noise(seed + 1, peak + 2000, 0.001)
    samples[peak] = 1
    result = reverberate(signal, 16000, response=ImpulseResponse(samples))
    assert len(result) == length
    if length > 200:
        assert np.argmax(np.correlate(result, signal[:100], "valid")) == 0


@given(seeds, lengths, st.floats(0.001, 5))
def test_duration_cuts_or_repeats(seed: int, length: int, seconds: float) -> None:
    signal = noise(seed, length)
    result = reverberate(signal, 16000, duration_s=seconds, normalize_output=False)
    expected = int(np.float32(16000) * np.float32(seconds))
    assert len(result) == expected
    np.testing.assert_array_equal(result, np.resize(signal, expected))


@given(st.lists(st.floats(-1e6, 1e6, width=32), max_size=50))
def test_quantization_clips_and_rounds_towards_zero(values: list[float]) -> None:
    result = quantize(np.array(values, dtype=np.float32))
    assert [int(value) for value in result] == [
        int(max(min(value, 32767.0), -32768.0)) for value in values
    ]


@given(seeds, st.integers(1, 900), st.integers(1, 400))
def test_sliding_cmn_is_its_definition(seed: int, count: int, window: int) -> None:
    features = noise(seed, count * 3, 5).reshape(count, 3)
    expected = np.empty_like(features)
    for t in range(count):
        start = min(max(t - window // 2, 0), max(count - window, 0))
        expected[t] = features[t] - features[start : start + window].mean(axis=0)
    np.testing.assert_allclose(sliding_cmn(features, window), expected, rtol=0, atol=1e-4)


@given(st.text(min_size=1, max_size=20), seeds, st.integers(0, 100_000))
def test_dither_depends_on_seed_and_name_only(name: str, seed: int, length: int) -> None:
    signal = noise(1, length)
    first = add_dither(signal, 1.0, utterance_seed(seed, name))
    np.testing.assert_array_equal(first, add_dither(signal, 1.0, utterance_seed(seed, name)))
    if length > 10:
        other = add_dither(signal, 1.0, utterance_seed(seed + 1, name))
        assert not np.array_equal(first, other)


@given(st.integers(200, 3000), st.sampled_from([0.8, 0.9, 1.0, 1.1, 1.25]))
def test_speed_moves_a_tone_and_keeps_its_level(frequency_hz: int, factor: float) -> None:
    time = np.arange(16000) / 16000
    tone = (1000 * np.sin(2 * np.pi * frequency_hz * time)).astype(np.float32)
    result = change_speed(tone, factor)
    assert len(result) == round(16000 / factor)
    shifted = 1000 * np.sin(2 * np.pi * frequency_hz * factor * np.arange(len(result)) / 16000)
    np.testing.assert_allclose(result[500:-500], shifted[500:-500], rtol=0, atol=5)
