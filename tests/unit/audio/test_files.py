"""Files of any kind: standard input, archives, parts, errors."""

import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from speakernet.audio.files import audio_length, read_audio_file
from speakernet.audio.wav import write_wav
from speakernet.config import UserError
from tests.recordings import SAMPLES, read_samples


def test_standard_input(wav: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with wav.open() as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        np.testing.assert_array_equal(read_samples(Path("-")), SAMPLES)


def test_offset_into_an_archive(tmp_path: Path, wav: Path) -> None:
    archive = tmp_path / "wavs.ark"
    write_wav(tmp_path / "other.wav", -SAMPLES, 16000)
    archive.write_bytes(b"u0 " + (tmp_path / "other.wav").read_bytes() + b"u1 " + wav.read_bytes())
    for offset, samples in ((3, -SAMPLES), (3 + wav.stat().st_size + 3, SAMPLES)):
        np.testing.assert_array_equal(read_samples(archive, offset=offset), samples)
        part = read_samples(archive, offset=offset, first_sample=9000, max_samples=11)
        np.testing.assert_array_equal(part, samples[9000:9011])


def test_part_of_a_file(wav: Path, tmp_path: Path) -> None:
    flac = tmp_path / "a.flac"
    soundfile.write(flac, SAMPLES, 16000)
    for path in (wav, flac):
        for first in (0, 5000):
            part = read_samples(path, first_sample=first, max_samples=700)
            np.testing.assert_array_equal(part, SAMPLES[first : first + 700])
        tail = read_samples(path, first_sample=19_990, max_samples=700)
        np.testing.assert_array_equal(tail, SAMPLES[19_990:])
        with pytest.raises(UserError, match="found no samples"):
            read_samples(path, first_sample=20_000, max_samples=700)


def test_errors_name_the_file(tmp_path: Path, wav: Path) -> None:
    (tmp_path / "a.wav").write_bytes(wav.read_bytes()[:30])
    for name, reason in {
        "a.wav": "truncated",
        "b.wav": "no such file",
        ".": "found a folder",
    }.items():
        for use in (read_audio_file, audio_length):
            with pytest.raises(UserError) as caught:
                use(str(tmp_path / name))
            assert str(caught.value).startswith(f"{tmp_path / name}: {reason}")
