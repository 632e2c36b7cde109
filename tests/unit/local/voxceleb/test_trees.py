"""Extracted trees."""

from pathlib import Path

import pytest
from trees import list_tree

from speakernet.config import UserError


def test_an_utterance_in_two_trees_is_an_error(tmp_path: Path) -> None:
    for tree in ("a", "b"):
        (tmp_path / tree / "id10001/video").mkdir(parents=True)
        (tmp_path / tree / "id10001/video/00001.wav").touch()
    with pytest.raises(UserError, match=r"id10001/video/00001.wav lies in two places: .*/a/.*/b/"):
        list_tree([tmp_path / "a", tmp_path / "b"], 2)


def test_what_is_no_recording_of_a_speaker_is_passed_over(tmp_path: Path) -> None:
    for name in ("id10002/video/00001.m4a", "id10001/video/00007.wav", "id10001/video/x.txt",
                 "id10001/notes.wav", "other/video/00001.wav", "id1x/video/00001.wav"):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = [(u.utt, u.speaker) for u in list_tree([tmp_path], 1)]
    assert found == [
        ("id10001/video/00007.wav", "id10001"),
        ("id10002/video/00001.wav", "id10002"),
    ]


def test_upper_case_and_what_macos_adds(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = tmp_path / "id10003" / "vid"
    folder.mkdir(parents=True)
    names = ("00001.WAV", "00002.M4A", "._00001.WAV", "._00002.M4A", ".DS_Store", "00003.flac")
    for name in names:
        (folder / name).touch()
    found = list_tree([tmp_path], 2)
    assert [u.utt for u in found] == ["id10003/vid/00001.wav", "id10003/vid/00002.wav"]
    assert found[1].entry.startswith("ffmpeg ") and found[1].entry.endswith("|")
    assert "4 files are no audio and left out: 2 ._* of macOS, 1 " in caplog.text
