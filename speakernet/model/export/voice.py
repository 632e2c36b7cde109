"""A signal like a voice, for checks where there is no recording at hand.

Pulses of a gliding fundamental through three gliding resonances, with pauses and breath: what a
filter bank gets of speech, in shape and range (Klatt, "Software for a cascade/parallel formant
synthesizer", JASA 1980, https://doi.org/10.1121/1.383940). No speech.
"""

import numpy as np
from scipy.signal import sosfilt

from speakernet.arrays import Float32, Float64

_BLOCKS_PER_S = 10


def generated_voice(seconds: float, rate: int, seed: int = 0) -> Float32:
    """Return samples (n,) in [-1, 1] at ``rate`` Hz; the same for the same seed."""
    random = np.random.default_rng(seed)
    count = int(seconds * rate)
    num_points = int(seconds * _BLOCKS_PER_S) + 2
    pitch_hz = _glide(random.uniform(90, 260, num_points), count)
    loudness = _glide(random.choice([0.02, 0.5, 1.0], num_points), count)
    pulses = np.diff(np.floor(np.cumsum(pitch_hz) / rate), prepend=0.0)
    source = loudness * (pulses + 0.02 * random.standard_normal(count))
    voice = _resonate(source, random, rate)
    return (0.3 * voice / np.abs(voice).max()).astype(np.float32)


def _glide(values: Float64, count: int) -> Float64:
    return np.interp(np.arange(count), np.linspace(0, count, len(values)), values)


def _resonate(source: Float64, random: np.random.Generator, rate: int) -> Float64:
    """Filter blocks of ``source`` (n,) by resonances that are drawn for each."""
    size = rate // _BLOCKS_PER_S
    state = np.zeros((3, 2))
    parts = []
    for start in range(0, len(source), size):
        centers_hz = random.uniform((250, 800, 2000), (800, 2000, 3500))
        part, state = sosfilt(_sections(centers_hz, rate), source[start : start + size], zi=state)
        parts.append(part)
    return np.concatenate(parts)


def _sections(centers_hz: Float64, rate: int) -> Float64:
    """Return second-order sections (3, 6) with poles at ``centers_hz``, 80 Hz wide."""
    radius = np.exp(-np.pi * 80 / rate)
    angle = 2 * np.pi * centers_hz / rate
    ones, zeros = np.ones(3), np.zeros(3)
    gain = 1 - radius
    numerator = (gain * ones, zeros, zeros)
    return np.stack([*numerator, ones, -2 * radius * np.cos(angle), radius**2 * ones], axis=1)
