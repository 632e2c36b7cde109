"""A header of compressed audio that is wrong is found, and then none is believed."""

import logging
import subprocess
from pathlib import Path
from shutil import which

import pytest

from speakernet.audio.reader import AudioReader
from speakernet.prepare import header_check
from speakernet.prepare.durations import compute_part

pytestmark = pytest.mark.skipif(not which("ffmpeg"), reason="needs the program ffmpeg")


def write(path: Path, seconds: float) -> str:
    tone = ["-f", "lavfi", "-i", f"sine=d={seconds}:r=16000"]
    subprocess.run(["ffmpeg", "-v", "error", *tone, str(path)], check=True)
    return str(path)


def durations(folder: Path, entries: list[str]) -> list[float]:
    scp = folder / "wav.scp"
    scp.write_text("".join(f"u{i} {entry}\n" for i, entry in enumerate(entries)))
    assert compute_part(scp, folder / "part", 1, 1) == (len(entries), 0)
    return [float(line.split()[1]) for line in (folder / "part.durations").open()]


def test_a_wrong_header(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(header_check, "_CHECKED_EVERY", 3)
    good, other = write(tmp_path / "a.m4a", 2), write(tmp_path / "b.mp3", 1.5)
    reader = AudioReader()
    expected = [len(reader.read(entry)) / 16000 for entry in (good, other)]
    with caplog.at_level(logging.WARNING):
        assert durations(tmp_path, [good, other, good]) == pytest.approx(expected + expected[:1])
    assert not caplog.messages
    # The number of frames in the header of b.mp3: more than the file has.
    content = bytearray(Path(other).read_bytes())
    place = max(content.find(b"Info"), content.find(b"Xing")) + 8
    frames = int.from_bytes(content[place : place + 4], "big")
    content[place : place + 4] = (frames + 3).to_bytes(4, "big")
    Path(other).write_bytes(content)
    assert reader.own_length(other).num_samples > 1.55 * 16000
    (tmp_path / "part.json").unlink()
    with caplog.at_level(logging.WARNING):
        found = durations(tmp_path, [good, other, good, other])
    assert found[1] == found[3] == pytest.approx(len(AudioReader().read(other)) / 16000)
    assert "b.mp3: the header has another length than the audio" in caplog.text
