"""Rooms and noises where the result is known by hand; the rest is in tests/property."""

import numpy as np
import pytest

from speakernet.arrays import Float32
from speakernet.signal.reverberate import ImpulseResponse, Noise, power, reverberate


def array(*values: float) -> Float32:
    return np.array(values, dtype=np.float32)


SIGNAL = array(1, -2, 3, 4)
RATE = 1000


def test_power_is_the_mean_square() -> None:
    assert power(array(3, 4)) == 12.5


def test_a_response_convolves_and_its_zeros_count_for_the_length() -> None:
    response = ImpulseResponse(array(0, 1, 0.5, 0, 0))
    assert (response.peak, response.length, response.samples.tolist()) == (1, 5, [0, 1, 0.5])
    expected = [0, 1, -1.5, 2, 5.5, 2, 0, 0]
    np.testing.assert_allclose(response.convolve(SIGNAL), expected, atol=1e-6)


def test_a_response_of_zeros_is_silence() -> None:
    response = ImpulseResponse(np.zeros(3, dtype=np.float32))
    np.testing.assert_array_equal(response.convolve(SIGNAL), np.zeros(6))
    assert not reverberate(SIGNAL, RATE, response=response).any()


def test_the_early_part_is_a_millisecond_before_and_fifty_after_the_peak() -> None:
    samples = np.arange(1, 201, dtype=np.float32)
    samples[100] = 999
    early = ImpulseResponse(samples).early(RATE)
    np.testing.assert_array_equal(early.samples, samples[99:150])
    assert early.peak == 1
    samples = np.concatenate([array(99), samples[:20]])
    np.testing.assert_array_equal(ImpulseResponse(samples).early(RATE).samples, samples)


def test_shifted_it_begins_at_the_peak_and_unshifted_it_keeps_its_end() -> None:
    response = ImpulseResponse(array(0, 1, 0.5))
    options = {"response": response, "normalize_output": False}
    np.testing.assert_allclose(reverberate(SIGNAL, RATE, **options), [1, -1.5, 2, 5.5], atol=1e-6)  # type: ignore[arg-type]
    # As in Kaldi: as long as the convolution, but after the signal's length it begins anew.
    unshifted = reverberate(SIGNAL, RATE, shift_output=False, **options)  # type: ignore[arg-type]
    np.testing.assert_allclose(unshifted, [0, 1, -1.5, 2, 0, 1], atol=1e-6)


def test_a_volume_takes_the_place_of_the_normalisation() -> None:
    response = ImpulseResponse(array(0.5))
    np.testing.assert_allclose(reverberate(SIGNAL, RATE, response=response), SIGNAL, rtol=1e-6)
    for normalize in (True, False):
        result = reverberate(SIGNAL, RATE, response=response, volume=3, normalize_output=normalize)
        np.testing.assert_allclose(result, 1.5 * SIGNAL, rtol=1e-6)


def test_a_noise_is_added_from_its_start_as_loud_as_its_ratio_says() -> None:
    noise = Noise(array(2, -2), snr_db=10 * np.log10(7.5), start_s=0.002)
    # Powers 7.5 and 4: the noise becomes 1 / 7.5 of the signal's, that is ones.
    result = reverberate(SIGNAL, RATE, noises=[noise], normalize_output=False)
    np.testing.assert_allclose(result, [1, -2, 3 + 1, 4 - 1], rtol=1e-6)
    late = noise._replace(start_s=0.003)
    result = reverberate(SIGNAL, RATE, noises=[late, late], normalize_output=False)
    np.testing.assert_allclose(result, [1, -2, 3, 4 + 1 + 1], rtol=1e-6)


@pytest.mark.parametrize("noise", [Noise(array(0, 0), 5, 0), Noise(array(1, 1), 5, 0.004)])
def test_a_silent_noise_or_one_after_the_end_adds_nothing(noise: Noise) -> None:
    np.testing.assert_array_equal(reverberate(SIGNAL, RATE, noises=[noise]), SIGNAL)


def test_in_a_room_the_ratio_is_to_the_early_part() -> None:
    """The direct path of a half and an echo after 60 ms, which does not count."""
    signal = np.random.default_rng(0).standard_normal(4000).astype(np.float32)
    samples = np.zeros(61, dtype=np.float32)
    samples[0], samples[60] = 0.5, 0.4
    noise = np.ones(4060, dtype=np.float32)
    room = reverberate(
        signal, RATE, response=ImpulseResponse(samples), normalize_output=False, shift_output=False
    )
    mixed = reverberate(
        signal,
        RATE,
        response=ImpulseResponse(samples),
        noises=[Noise(noise, 0.0, 0.0)],
        normalize_output=False,
        shift_output=False,
    )
    np.testing.assert_allclose((mixed - room)[:4000], 0.5 * np.sqrt(power(signal)), rtol=0.02)


def test_the_signal_itself_is_left_alone() -> None:
    before = SIGNAL.copy()
    reverberate(SIGNAL, RATE, noises=[Noise(array(1), 0, 0)], volume=2)
    np.testing.assert_array_equal(SIGNAL, before)


@pytest.mark.parametrize(("seconds", "length"), [(0.002, 2), (0.004, 4), (0.0079, 7)])
def test_a_duration_cuts_or_repeats(seconds: float, length: int) -> None:
    result = reverberate(SIGNAL, RATE, duration_s=seconds)
    np.testing.assert_allclose(result, np.resize(SIGNAL, length), rtol=1e-6)
