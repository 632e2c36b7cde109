"""Recordings for tests, which a number decides: white noise, and noise that is loud and quiet."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from speakernet.arrays import Float32
from speakernet.audio.files import read_audio_file
from speakernet.audio.wav import write_wav

SAMPLES = np.random.default_rng(0).integers(-3000, 3000, 20_000).astype(np.int16)
"""20,000 16-bit samples of white noise."""


def write_noise(path: Path, number: int, num_samples: int) -> None:
    """Write a wav file of 16 kHz."""
    samples = np.random.default_rng(number).integers(-3000, 3000, num_samples)
    write_wav(path, samples.astype(np.int16), 16000)


def speech_like(num_samples: int, number: int) -> NDArray[np.int16]:
    """Return 16-bit samples of coloured noise whose loudness rises and falls."""
    rng = np.random.default_rng(number)
    noise = np.cumsum(rng.standard_normal(num_samples)) * 0.02 + rng.standard_normal(num_samples)
    loudness = 1.1 + np.sin(np.arange(num_samples) * (0.0007 + 0.0001 * number) + number)
    return np.clip(700 * loudness * noise, -32768, 32767).astype(np.int16)


def read_samples(path: Path, **part: int) -> NDArray[np.int16] | Float32:
    """Return the first channel of a file of 16 kHz, (samples,); ``part`` as ``read_audio_file``."""
    audio = read_audio_file(str(path), **part)
    assert audio.sample_rate == 16000
    return audio.samples[:, 0]
