"""Rates are measured on what is to be read."""

from pathlib import Path

import pytest

from speakernet.config import UserError
from speakernet.planning.audio_rates import measure_audio
from speakernet.signal.extractors import read_feature_options
from tests.unit.prepare.recordings import write_waveform


def test_slower_entries_cost_more(tmp_path: Path) -> None:
    write_waveform(tmp_path / "a.wav", 4.0)
    options = read_feature_options(Path("conf/fbank80.conf"))
    file = measure_audio([f"{tmp_path}/a.wav"], options)
    slow = f"sox {tmp_path}/a.wav -t wav - speed 0.9 |"
    program = measure_audio([slow], None)
    assert 0 < file.decode < program.decode
    assert 0 < file.features < 0.1
    assert 0 < file.augment < 0.1
    assert program.features == 0.0
    assert "corpus" in file.source


def test_without_recordings() -> None:
    assert measure_audio([], None).source.startswith("a wav file")


def test_recordings_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_text("<html>")
    with pytest.raises(UserError, match=r"a\.wav"):
        measure_audio([f"{tmp_path}/a.wav"], None)
