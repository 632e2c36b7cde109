"""A recording for tests of readers."""

from pathlib import Path

import pytest

from speakernet.audio.wav import write_wav
from tests.recordings import SAMPLES


@pytest.fixture
def wav(tmp_path: Path) -> Path:
    """Return a wav file of ``SAMPLES``, with a blank in its name."""
    path = tmp_path / "a b.wav"
    write_wav(path, SAMPLES, 16000)
    return path
