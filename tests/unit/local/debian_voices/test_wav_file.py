"""The wav files of the corpus."""

import wave
from pathlib import Path

import numpy as np
from wav_file import SAMPLE_RATE_HZ, write_wav


def test_samples_beyond_full_scale_are_clipped(tmp_path: Path) -> None:
    write_wav(tmp_path / "a" / "x.wav", np.array([-2.0, -1.0, 0.0, 0.5, 1.0, 2.0]))
    with wave.open(str(tmp_path / "a" / "x.wav")) as file:
        assert file.getparams()[:3] == (1, 2, SAMPLE_RATE_HZ)
        pcm = np.frombuffer(file.readframes(6), "<i2")
    assert pcm.tolist() == [-32768, -32768, 0, 16384, 32767, 32767]
