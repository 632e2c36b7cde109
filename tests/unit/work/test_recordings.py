"""Files that the entries of a wav.scp name."""

from pathlib import Path

import pytest

from speakernet.work.recordings import recording_files


@pytest.mark.parametrize(
    ("entry", "files"),
    [
        ("/c/x y.wav", ["/c/x y.wav"]),
        ("/c/all.ark:1234", ["/c/all.ark"]),
        ("cat /c/x.wav |", ["/c/x.wav"]),
        ("ffmpeg -nostdin -i '/c/a b.m4a' -ar 16000 -f wav -acodec pcm_s16le - |", ["/c/a b.m4a"]),
        ("sox -t wav x.wav -t wav - speed 1.1 |", ["x.wav"]),
        ("/usr/bin/sph2pipe -f wav /c/x.sph | /usr/bin/sox - y.flac |", ["/c/x.sph", "y.flac"]),
        ("cat 'never closed /c/x.wav |", ["/c/x.wav"]),
        ("wav-copy /c/all.ark:1234 - | sox -t wav - -t wav - speed 0.9 |", ["/c/all.ark"]),
        ("|", []),
    ],
)
def test_files_of_an_entry(entry: str, files: list[str], tmp_path: Path) -> None:
    (tmp_path / "wav.scp").write_text(f"utt {entry}\nother z.wav\n")
    assert list(recording_files(tmp_path / "wav.scp")) == [*files, "z.wav"]
