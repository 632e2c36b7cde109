"""Noise for those who have none: coloured noise that rises and falls, with or without a hum."""

from __future__ import annotations

import numpy as np

from speakernet.arrays import Float32

_SECONDS = 10
_SLOPES = (0.0, 0.5, 1.0)  # of the amplitude over frequency: white, pink and brown
_HUMS_HZ = (0, 50, 60, 120)
_LOWEST_HZ = 20.0
_PEAK = 16_000


def simulate(number: int, sample_rate_hz: int) -> Float32:
    """Return noise (samples,) that ``number`` decides, 10 s in the scale of 16-bit integers."""
    rng = np.random.default_rng([0, number])
    num_samples = _SECONDS * sample_rate_hz
    frequencies = np.fft.rfftfreq(num_samples, 1 / sample_rate_hz)
    spectrum = np.fft.rfft(rng.standard_normal(num_samples))
    spectrum /= np.maximum(frequencies, _LOWEST_HZ) ** _SLOPES[number % len(_SLOPES)]
    noise = np.fft.irfft(spectrum, num_samples)
    noise *= _loudness(rng, num_samples) / noise.std()
    noise += _hum(
        rng, _HUMS_HZ[number // len(_SLOPES) % len(_HUMS_HZ)], num_samples, sample_rate_hz
    )
    return np.asarray(noise * (_PEAK / np.abs(noise).max()), dtype=np.float32)


def _loudness(rng: np.random.Generator, num_samples: int) -> np.ndarray:
    """Return a factor (num_samples,) between 0.1 and 1 that changes about twice a second."""
    points = rng.uniform(0.1, 1.0, 2 * _SECONDS + 1)
    return np.interp(np.linspace(0, len(points) - 1, num_samples), np.arange(len(points)), points)


def _hum(
    rng: np.random.Generator, base_hz: int, num_samples: int, sample_rate_hz: int
) -> np.ndarray:
    """Return the first harmonics of a mains or a motor (num_samples,); zeros for 0 Hz."""
    time_s = np.arange(num_samples) / sample_rate_hz
    waves = [
        rng.uniform(0.1, 1.0) / k * np.sin(2 * np.pi * (k * base_hz * time_s + rng.uniform()))
        for k in range(1, 9)
    ]
    return np.sum(waves, axis=0) if base_hz else np.zeros(num_samples)
