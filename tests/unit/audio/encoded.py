"""Compressed files made by the ffmpeg program, and what that program decodes of them."""

import subprocess
from pathlib import Path
from shutil import which

import numpy as np
import pytest
from numpy.typing import NDArray

from speakernet.audio.wav import write_wav

needs_ffmpeg = pytest.mark.skipif(not which("ffmpeg"), reason="needs the program ffmpeg")

Samples = NDArray[np.int16]


def speech(num_samples: int, rate: int = 16000, channels: int = 1) -> Samples:
    """Pulses and noise that come and go, (num_samples, channels)."""
    rng = np.random.default_rng(num_samples + channels)
    time = np.arange(num_samples) / rate
    pulses = (np.cumsum(110 + 30 * np.sin(2 * np.pi * 0.7 * time)) / rate) % 1 < 0.04
    loudness = 0.55 + 0.45 * np.sin(2 * np.pi * 3 * time)
    columns = [
        loudness * (8000 * pulses * (c + 1) / channels + rng.normal(0, 600, num_samples))
        for c in range(channels)
    ]
    return np.stack(columns, axis=1).clip(-32768, 32767).astype(np.int16)


def encode(path: Path, samples: Samples, rate: int, *options: str) -> Path:
    """Write a file by ffmpeg's encoders."""
    channels = ["-f", "s16le", "-ar", str(rate), "-ac", str(samples.shape[1]), "-i", "-"]
    command = ["ffmpeg", "-v", "error", "-y", *channels, *options, str(path)]
    subprocess.run(command, input=samples.tobytes(), check=True)
    return path


def ffmpeg(path: Path, *options: str) -> Samples:
    """Return what the program writes, (num_samples, channels)."""
    command = ["ffmpeg", "-nostdin", "-v", "8", "-i", str(path), *options, "-f", "wav"]
    output = subprocess.run([*command, "-acodec", "pcm_s16le", "-"], capture_output=True).stdout
    channels = int.from_bytes(output[22:24], "little")
    start = output.index(b"data") + 8
    return np.frombuffer(output[start:], "<i2").reshape(-1, channels)


def assert_within_a_step(one: NDArray[np.generic], other: NDArray[np.generic]) -> None:
    """Compare shapes, and values to one step of 16 bits."""
    assert one.shape == other.shape
    if one.size:
        assert np.abs(one.astype(np.int32) - other.astype(np.int32)).max() <= 1


def wav(path: Path, samples: Samples, rate: int = 16000) -> Path:
    """Write the first channel as a wav file."""
    write_wav(path, samples[:, 0], rate)
    return path
