"""Recordings of several channels: what is taken, what is said of it, what can be asked for."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from speakernet.audio.reader import AudioReader, Reading, iter_audio
from speakernet.config import UserError

RNG = np.random.default_rng(1)
LEFT, MIDDLE, RIGHT = (RNG.integers(-3000, 3000, 8000).astype(np.int16) for _ in range(3))


def read(folder: Path, choice: str) -> list[Reading | UserError]:
    soundfile.write(folder / "3.flac", np.stack([LEFT, MIDDLE, RIGHT], axis=1), 16000)
    soundfile.write(folder / "1.flac", LEFT, 16000)
    copy = f"wav-reverberate --duration=0.25 {folder}/3.flac - |"
    lines = [f"a {folder}/3.flac", f"b {folder}/1.flac", f"c {copy}", f"d cat {folder}/3.flac |"]
    (folder / "wav.scp").write_text("".join(f"{line}\n" for line in lines))
    return [reading for _, reading in iter_audio(folder, AudioReader(channel=choice))]


@pytest.mark.parametrize(
    ("choice", "expected", "note"),
    [
        ("-1", LEFT, "with 3 channels, channel 1 taken"),
        ("0", LEFT, "with 3 channels, channel 1 taken"),
        ("average", (LEFT.astype(np.float64) + MIDDLE + RIGHT) / 3, "with 3 channels, averaged"),
    ],
)
def test_one_is_made_of_several(tmp_path: Path, choice: str, expected: object, note: str) -> None:
    three, one, copy, piped = read(tmp_path, choice)
    expected = np.asarray(expected, np.float64)
    for reading in (three, piped):
        assert isinstance(reading, Reading) and [str(n) for n in reading.notes] == [note]
        np.testing.assert_allclose(reading.waveform, expected, atol=1e-3)
    assert isinstance(copy, Reading) and [str(n) for n in copy.notes] == [note]
    np.testing.assert_allclose(copy.waveform, expected[:4000], atol=1)
    assert isinstance(one, Reading) and not one.notes
    np.testing.assert_array_equal(one.waveform, LEFT)


def test_another_than_the_first(tmp_path: Path) -> None:
    three, one, copy, _ = read(tmp_path, "2")
    assert isinstance(three, Reading) and isinstance(copy, Reading)
    np.testing.assert_array_equal(three.waveform, RIGHT)
    np.testing.assert_array_equal(copy.waveform, RIGHT[:4000])
    assert "with 3 channels, channel 3 taken" in str(three.notes[0])
    assert "found 1 channel(s); expected channel 2" in str(one)


def test_several_can_be_refused(tmp_path: Path) -> None:
    three, one, copy, piped = read(tmp_path, "refuse")
    for reading in (three, copy, piped):
        assert "found 3 channels; expected one" in str(reading)
    assert isinstance(one, Reading)
