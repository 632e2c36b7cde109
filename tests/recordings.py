"""Recordings for tests: white noise that a number decides."""

from pathlib import Path

import numpy as np

from speakernet.audio.wav import write_wav


def write_noise(path: Path, number: int, num_samples: int) -> None:
    """Write a wav file of 16 kHz."""
    samples = np.random.default_rng(number).integers(-3000, 3000, num_samples)
    write_wav(path, samples.astype(np.int16), 16000)
