"""The wav files of the corpus: 16 kHz, 16 bits, mono."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt

from speakernet.work.files import write_errors

SAMPLE_RATE_HZ = 16000


def write_wav(path: Path, samples: npt.NDArray[np.floating]) -> None:
    """Write 16-bit mono PCM; samples beyond [-1, 1] are clipped. A full disk is a UserError."""
    pcm = np.clip(np.rint(samples * 32768.0), -32768, 32767).astype("<i2")
    with write_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(SAMPLE_RATE_HZ)
            file.writeframes(pcm.tobytes())
