"""Impulse responses of simulated rectangular rooms, by the image-source method.

Reference: J. B. Allen and D. A. Berkley, "Image method for efficiently simulating small-room
acoustics", J. Acoust. Soc. Am. 65(4), 1979, eqs. 8 to 10 and the high-pass filter of their
appendix. All six walls have the same reflection coefficient β = √(1 - absorption), independent of
frequency; arrivals are rounded to the nearest sample. The length is the reverberation time of
Eyring's formula, T60 = 24 ln(10) V / (-c S ln(1 - absorption)), cut at ``max_s``.

Papers:

- Allen and Berkley: https://doi.org/10.1121/1.382599
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from speakernet.arrays import Float64

SPEED_OF_SOUND_M_S = 343.0
_HIGH_PASS_HZ = 100.0

Point = tuple[float, float, float]


@dataclass(frozen=True)
class Room:
    """A rectangular room: edge lengths in metres and the share of energy that every wall absorbs,
    in (0, 1).
    """

    size_m: Point
    absorption: float

    def __post_init__(self) -> None:
        """Check the values; raises ValueError."""
        if min(self.size_m) <= 0.0 or not 0.0 < self.absorption < 1.0:
            raise ValueError(f"impossible room: {self}")

    @property
    def reverberation_s(self) -> float:
        """Eyring's T60 in seconds."""
        length, width, height = self.size_m
        surface = 2.0 * (length * width + length * height + width * height)
        decay = -SPEED_OF_SOUND_M_S * surface * math.log1p(-self.absorption)
        return 24.0 * math.log(10.0) * length * width * height / decay


def impulse_response(
    room: Room, source_m: Point, receiver_m: Point, *, sample_rate_hz: int, max_s: float
) -> Float64:
    """Return the response ``(samples,)`` in float64, scaled to a largest magnitude of 1.

    Raises ValueError if source or receiver is outside the room or both are at the same place.
    """
    for point in (source_m, receiver_m):
        if not all(0.0 < x < edge for x, edge in zip(point, room.size_m, strict=True)):
            raise ValueError(f"{point} is not inside the room {room.size_m}")
    if source_m == receiver_m:
        raise ValueError(f"source and receiver are both at {source_m}")
    direct = math.dist(source_m, receiver_m) / SPEED_OF_SOUND_M_S
    num_samples = math.ceil((direct + min(room.reverberation_s, max_s)) * sample_rate_hz) + 1
    reach = num_samples / sample_rate_hz * SPEED_OF_SOUND_M_S
    axes = [
        _axis_images(edge, source, receiver, reach)
        for edge, source, receiver in zip(room.size_m, source_m, receiver_m, strict=True)
    ]
    response = _sum_images(axes, math.sqrt(1.0 - room.absorption), num_samples, sample_rate_hz)
    filtered = _high_pass(response, sample_rate_hz)
    return filtered / np.abs(filtered).max()


def _axis_images(
    edge: float, source: float, receiver: float, reach: float
) -> tuple[Float64, Float64]:
    """Return squared distances along one axis to all images within reach, and how often each was
    reflected on its two walls.
    """
    n = np.arange(-math.ceil(reach / (2.0 * edge)) - 1, math.ceil(reach / (2.0 * edge)) + 2)
    places = np.concatenate([source + 2.0 * n * edge, 2.0 * n * edge - source])
    reflections = np.concatenate([2 * np.abs(n), np.abs(n - 1) + np.abs(n)]).astype(np.float64)
    squared = np.square(places - receiver)
    near = squared <= reach**2
    return squared[near], reflections[near]


def _sum_images(
    axes: list[tuple[Float64, Float64]], beta: float, num_samples: int, sample_rate_hz: int
) -> Float64:
    (x2, nx), (y2, ny), (z2, nz) = axes
    plane2 = np.add.outer(x2, y2).ravel()
    plane_reflections = np.add.outer(nx, ny).ravel()
    response = np.zeros(num_samples)
    for squared, reflections in zip(z2, nz, strict=True):
        distance = np.sqrt(plane2 + squared)
        sample = np.rint(distance * (sample_rate_hz / SPEED_OF_SOUND_M_S)).astype(np.int64)
        inside = sample < num_samples
        strength = beta ** (plane_reflections[inside] + reflections)
        strength /= 4.0 * np.pi * distance[inside]
        response += np.bincount(sample[inside], strength, num_samples)
    return response


def _high_pass(response: Float64, sample_rate_hz: int) -> Float64:
    """Remove the sum of the all-positive arrivals below 100 Hz: 1 - (1 + r) z⁻¹ + r z⁻² over 1 - 2
    r cos(w) z⁻¹ + r² z⁻².
    """
    w = 2.0 * math.pi * _HIGH_PASS_HZ / sample_rate_hz
    r = math.exp(-w)
    # The filter's own tail is over after some hundred samples, so that half a second of zeros
    # leaves no wrap-around.
    num_fft = 1 << (len(response) + sample_rate_hz // 2).bit_length()
    z = np.exp(-2j * np.pi * np.arange(num_fft // 2 + 1) / num_fft)
    transfer = (1.0 - (1.0 + r) * z + r * z**2) / (1.0 - 2.0 * r * math.cos(w) * z + r**2 * z**2)
    return np.fft.irfft(np.fft.rfft(response, num_fft) * transfer, num_fft)[: len(response)]
