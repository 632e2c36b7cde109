"""The texts and the speech of a MUSAN-like tree."""

import logging
import re
from pathlib import Path

import pytest
from corpus_tables import Package, SoundRow, SpeakerRow
from musan_tree import add_speech, finish_sounds
from package_content import Recording, wav_path
from sounds import Sounds

from speakernet.config import UserError

PACKAGES = {name: Package(f"{name}.deb", f"licence of {name}") for name in ("p", "q")}


def sounds(kind: str, annotations: list[str]) -> Sounds:
    row = SoundRow(kind, "s", "p", re.compile(""), "-", False)
    return Sounds(row, annotations, num_files=2, num_dropped=1, seconds=60.0)


def test_noises_and_music_get_their_texts(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    for kind in ("noise", "music"):
        (tmp_path / kind / "s").mkdir(parents=True)
    finish_sounds(tmp_path, [sounds("noise", ["a x", "b y"]), sounds("music", ["c z"])], PACKAGES)
    assert (tmp_path / "noise/s/ANNOTATIONS").read_text() == "a x\nb y\n"
    assert (tmp_path / "music/s/LICENSE").read_text() == "p: licence of p\n"
    assert "music: 2 files, 1 too short, 1 wav files, 1.0 minutes" in caplog.text


def test_a_kind_without_files_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "noise/s").mkdir(parents=True)
    with pytest.raises(UserError, match="music: no file of the packages is left for it"):
        finish_sounds(tmp_path, [sounds("noise", ["a x"])], PACKAGES)


def test_speech_is_numbered_over_all_packages(tmp_path: Path) -> None:
    recordings = [Recording(f"{s}-x-001", s, "x", 16000) for s in ("ann", "bob")]
    for recording in recordings:
        path = wav_path(tmp_path / "babble", recording)
        path.parent.mkdir(parents=True)
        path.write_text(recording.utt)
    speakers = {
        name: SpeakerRow(name, "el", "f", "babble", package, re.compile(""), "", False)
        for name, package in (("ann", "q"), ("bob", "p"))
    }
    add_speech(tmp_path / "musan", tmp_path / "babble", recordings, speakers, PACKAGES)
    folder = tmp_path / "musan/speech/debian_voices"
    assert (folder / "speech-debian_voices-0001.wav").read_text() == "bob-x-001"
    assert (folder / "ANNOTATIONS").read_text().splitlines() == [
        "speech-debian_voices-0000 f el ann-x-001",
        "speech-debian_voices-0001 f el bob-x-001",
    ]
    assert (folder / "LICENSE").read_text() == "p: licence of p\nq: licence of q\n"
