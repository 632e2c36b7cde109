"""Files that somebody has in a folder."""

import subprocess
from pathlib import Path

import pytest

from speakernet.audio.reader import read_audio
from speakernet.prepare.audio_files import entry_of, inspect, iter_files, no_audio
from tests.recordings import speech_like, write_noise


def test_files_are_found_in_order_and_links_do_not_go_round(tmp_path: Path) -> None:
    for name in ("b/x.wav", "a/y/z.wav", "a/.hidden"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "a/y/again").symlink_to(tmp_path)
    (tmp_path / "c").symlink_to(tmp_path / "b")
    found = [str(path.relative_to(tmp_path)) for path in iter_files(tmp_path)]
    assert found == ["a/.hidden", "a/y/z.wav", "b/x.wav", "c/x.wav"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("A.MP3", ""),
        ("._a.mp3", "hidden (._* of macOS)"),
        ("a.txt", "not named as audio (*.txt)"),
        ("a\nb.wav", "its name has control characters"),
        ("a\udcff.wav", "its name has control characters"),
    ],
)
def test_names(name: str, reason: str) -> None:
    assert no_audio(Path("x") / name) == reason


@pytest.mark.parametrize(
    "name", ["a b.wav", "take:12", "x|", "|x.wav", "end ", 'o\'b "c" $(d).wav']
)
def test_an_entry_reads_its_file_whatever_its_name(tmp_path: Path, name: str) -> None:
    write_noise(tmp_path / name, 3, 9000)
    assert len(read_audio(entry_of(tmp_path / name))) == 9000
    speed = f"{entry_of(tmp_path / name)} sox -t wav - -t wav - speed 0.5 |"
    if "cat" in speed:  # as the recipe's copies at another speed are written
        assert len(read_audio(speed)) == 18_000


def test_what_is_wrong_with_a_file(tmp_path: Path) -> None:
    (tmp_path / "empty.wav").touch()
    (tmp_path / "page.mp3").write_text("<!DOCTYPE html><html></html>")
    write_noise(tmp_path / "short.wav", 1, 7000)
    problems = {p.name: inspect(p).problem for p in iter_files(tmp_path)}
    assert problems["empty.wav"] == "empty"
    assert problems["page.mp3"].startswith("cannot be read: Format not recognised; this is an HTML")
    assert problems["short.wav"] == "shorter than 0.5 s"
    assert inspect(tmp_path / "gone.wav").problem.startswith("cannot be read: No such file")


def test_stereo_at_another_rate_is_decoded(tmp_path: Path) -> None:
    import soundfile

    samples = speech_like(44_100, 5)
    soundfile.write(tmp_path / "a.wav", samples.repeat(2).reshape(-1, 2), 44_100)
    command = ["ffmpeg", "-v", "error", "-i", "a.wav", "-b:a", "96k", "a.m4a"]
    subprocess.run(command, cwd=tmp_path, check=True)
    found = inspect(tmp_path / "a.m4a", with_digest=True)
    assert found.problem == "" and len(found.digest) == 32
    assert found.duration_s == pytest.approx(1.0, abs=0.03)
