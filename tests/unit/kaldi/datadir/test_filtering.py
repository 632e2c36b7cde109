"""Restricting tables to some utterances."""

from pathlib import Path

import pytest

from speakernet.kaldi.datadir import validate
from speakernet.kaldi.datadir.filtering import filter_table, second_fields, write_subset
from speakernet.kaldi.tables import read_table
from tests.unit.kaldi.datadir.data_dirs import make, write


def test_lines_stay_as_they_are(tmp_path: Path) -> None:
    write(tmp_path / "t", ["a  x  y ", "ab z", "b\tx"])
    filter_table(tmp_path / "t", tmp_path / "u", {b"a", b"b", b"c"})
    assert (tmp_path / "u").read_text() == "a  x  y \nb\tx\n"


def test_second_fields(tmp_path: Path) -> None:
    write(tmp_path / "segments", ["u1 r1 0 1", "u2 r2 0 1", "u3 r1 1 2"])
    assert second_fields(tmp_path / "segments", 4) == {b"r1", b"r2"}


@pytest.mark.parametrize("segments", [False, True])
def test_recordings_and_speakers_without_use_go(tmp_path: Path, segments: bool) -> None:
    source = make(tmp_path / "a", segments=segments)
    (tmp_path / "b").mkdir()
    write_subset(source, tmp_path / "b", {b"s1-u0", b"s1-u2"})
    validate(tmp_path / "b")
    recordings = ["rec-s1"] if segments else ["s1-u0", "s1-u2"]
    assert list(read_table(tmp_path / "b/wav.scp")) == recordings
    assert read_table(tmp_path / "b/spk2gender") == {"s1": "f"}
