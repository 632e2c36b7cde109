"""Extracted trees."""

from pathlib import Path

import pytest
from trees import Tree, find_trees, list_trees

from speakernet.config import UserError


def tree(path: Path, *speakers: str) -> Tree:
    return Tree(path, frozenset(speakers))


def make_files(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def test_trees_are_found_under_any_name_and_known_by_number(tmp_path: Path) -> None:
    make_files(tmp_path, "VoxCeleb1/wav/id10269/v/1.wav", "VoxCeleb1/wav/id10270/v/1.wav",
               "my_vox2/dev/aac/id00012/v/1.m4a", "my_vox2/test/aac/id00017/v/1.m4a",
               "musan/speech/id10001/v/1.wav", "voxceleb1_cd/id10002/1.wav")  # fmt: skip
    assert find_trees(tmp_path, {}) == {
        "voxceleb1/dev": [tree(tmp_path / "VoxCeleb1/wav", "id10269")],
        "voxceleb1/test": [tree(tmp_path / "VoxCeleb1/wav", "id10270")],
        "voxceleb2/dev": [tree(tmp_path / "my_vox2/dev/aac", "id00012")],
        "voxceleb2/test": [tree(tmp_path / "my_vox2/test/aac", "id00017")],
    }
    found = find_trees(tmp_path, {"id00012": "voxceleb2/test"})
    assert "voxceleb2/dev" not in found and len(found["voxceleb2/test"]) == 2


def test_of_two_trees_the_whole_one_is_taken_or_that_of_wav(tmp_path: Path) -> None:
    m4a, wav = tmp_path / "voxceleb2_m4a/dev/aac", tmp_path / "voxceleb2_wav/dev/aac"
    make_files(m4a, "id00012/v/1.m4a", "id00015/v/1.m4a")
    make_files(wav, "id00012/v/1.wav")
    assert [t.path for t in find_trees(tmp_path, {})["voxceleb2/dev"]] == [m4a]
    make_files(wav, "id00015/v/1.wav")
    assert [t.path for t in find_trees(tmp_path, {})["voxceleb2/dev"]] == [wav]
    make_files(tmp_path / "voxceleb2/dev/wav", "id00016/v/1.wav")
    assert len(find_trees(tmp_path, {})["voxceleb2/dev"]) == 2


def test_an_utterance_in_two_trees_is_an_error(tmp_path: Path) -> None:
    make_files(tmp_path, "a/id10001/video/00001.wav", "b/id10001/video/00001.wav")
    with pytest.raises(UserError, match=r"id10001/video/00001.wav lies in two places: .*/a/.*/b/"):
        list_trees([tree(tmp_path / name, "id10001") for name in "ab"], 2)


def test_what_is_no_recording_of_a_speaker_is_passed_over(tmp_path: Path) -> None:
    for name in ("id10002/video/00001.m4a", "id10001/video/00007.wav", "id10001/video/x.txt",
                 "id10001/notes.wav", "other/video/00001.wav", "id1x/video/00001.wav"):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (found_tree,) = find_trees(tmp_path, {})["voxceleb1/dev"]
    found = [(u.utt, u.speaker) for u in list_trees([found_tree], 1)]
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
    found = list_trees([tree(tmp_path, "id10003")], 2)
    assert [u.utt for u in found] == ["id10003/vid/00001.wav", "id10003/vid/00002.wav"]
    assert found[1].entry.startswith("ffmpeg ") and found[1].entry.endswith("|")
    assert "4 files are no audio and left out: 2 ._* of macOS, 1 " in caplog.text
