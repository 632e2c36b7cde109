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
