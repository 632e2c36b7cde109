"""Simulated room responses against a slow sum over all images, and against what physics says."""

import itertools
import math

import image_source
import numpy as np
import pytest
from image_source import Point, Room, impulse_response

RATE_HZ = 16000
ROOM = Room((4.0, 3.0, 2.5), absorption=0.6)
SOURCE: Point = (1.0, 1.2, 1.5)
RECEIVER: Point = (3.1, 2.0, 1.1)


def slow_response(room: Room, source: Point, receiver: Point, num_samples: int) -> np.ndarray:
    """Allen and Berkley's eq. 10, image by image, then their high-pass filter, sample by sample."""
    beta = math.sqrt(1.0 - room.absorption)
    response = np.zeros(num_samples)
    reach = num_samples / RATE_HZ * image_source.SPEED_OF_SOUND_M_S
    spans = [range(-math.ceil(reach / edge), math.ceil(reach / edge) + 1) for edge in room.size_m]
    for n in itertools.product(*spans):
        for mirrored in itertools.product((0, 1), repeat=3):
            image = [
                (1 - 2 * q) * s + 2 * k * edge
                for q, s, k, edge in zip(mirrored, source, n, room.size_m, strict=True)
            ]
            distance = math.dist(image, receiver)
            sample = round(distance / image_source.SPEED_OF_SOUND_M_S * RATE_HZ)
            if sample < num_samples:
                hits = sum(abs(k - q) + abs(k) for q, k in zip(mirrored, n, strict=True))
                response[sample] += beta**hits / (4.0 * math.pi * distance)
    w = 2.0 * math.pi * 100.0 / RATE_HZ
    r = math.exp(-w)
    state = [0.0, 0.0]
    for i, value in enumerate(response):
        new = value + 2.0 * r * math.cos(w) * state[0] - r * r * state[1]
        response[i] = new - (1.0 + r) * state[0] + r * state[1]
        state = [new, state[0]]
    return response / np.abs(response).max()


@pytest.mark.parametrize("absorption", [0.3, 0.9])
def test_the_fast_sum_equals_the_slow_one(absorption: float) -> None:
    room = Room(ROOM.size_m, absorption)
    fast = impulse_response(room, SOURCE, RECEIVER, sample_rate_hz=RATE_HZ, max_s=0.03)
    slow = slow_response(room, SOURCE, RECEIVER, len(fast))
    # The tail that the filter wraps around, and rounding of arrivals half-way between samples.
    np.testing.assert_allclose(fast, slow, atol=1e-9)


def test_sound_arrives_first_on_the_straight_line() -> None:
    response = impulse_response(ROOM, SOURCE, RECEIVER, sample_rate_hz=RATE_HZ, max_s=0.2)
    expected = math.dist(SOURCE, RECEIVER) / image_source.SPEED_OF_SOUND_M_S * RATE_HZ
    assert np.flatnonzero(np.abs(response) > 1e-6)[0] == round(expected)
    assert np.abs(response).max() == 1.0


def test_source_and_receiver_may_change_places() -> None:
    there = impulse_response(ROOM, SOURCE, RECEIVER, sample_rate_hz=RATE_HZ, max_s=0.2)
    back = impulse_response(ROOM, RECEIVER, SOURCE, sample_rate_hz=RATE_HZ, max_s=0.2)
    np.testing.assert_allclose(there, back, atol=1e-9)


def test_energy_decays_by_60_db_in_about_the_reverberation_time() -> None:
    room = Room((6.0, 5.0, 4.0), absorption=0.3)
    response = impulse_response(room, (1, 1, 1), (4, 3.5, 2.2), sample_rate_hz=RATE_HZ, max_s=2.0)
    energy = np.cumsum(np.square(response)[::-1])[::-1]
    level_db = 10.0 * np.log10(energy / energy[0])
    early, late = (int(np.argmax(level_db < level)) for level in (-5.0, -25.0))
    # The decay of an image-source room is slower than Eyring's formula says, never much faster.
    assert 0.8 < (late - early) / RATE_HZ * 3.0 / room.reverberation_s < 2.0


def test_a_long_response_is_cut() -> None:
    room = Room((30.0, 30.0, 5.0), absorption=0.2)
    response = impulse_response(room, (1, 1, 1), (2, 1, 1), sample_rate_hz=RATE_HZ, max_s=0.1)
    assert room.reverberation_s > 1.0
    assert len(response) == math.ceil((1.0 / image_source.SPEED_OF_SOUND_M_S + 0.1) * RATE_HZ) + 1


@pytest.mark.parametrize(("size", "absorption"), [((4, 0, 2), 0.5), ((4, 3, 2), 0.0)])
def test_impossible_rooms_are_refused(size: Point, absorption: float) -> None:
    with pytest.raises(ValueError, match="impossible room"):
        Room(size, absorption)


@pytest.mark.parametrize(
    ("source", "message"), [((4.5, 1, 1), "not inside"), (RECEIVER, "both at")]
)
def test_impossible_places_are_refused(source: Point, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        impulse_response(ROOM, source, RECEIVER, sample_rate_hz=RATE_HZ, max_s=0.1)
