"""Files that are no audio are called what they are, and cut ones are found."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from speakernet.audio.files import audio_length, read_audio_bytes, read_audio_file
from speakernet.config import UserError

SAMPLES = np.random.default_rng(3).integers(-3000, 3000, 40_000).astype(np.int16)

CONTENTS = {
    b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n": "a Git LFS pointer",
    b"\n <!DOCTYPE html><html>404": "an HTML page",
    b"\0\0\0\x20ftypM4A \0\0\0\0": r"MPEG-4 \(m4a\)$",
    b"RIFF\0\0\0\0AVI LIST": "a RIFF file that is no wav file, which the wav.scp entry 'ffmpeg -v",
    b"\0\5\x16\7\0\2\0\0Mac OS X": r"a \._ file of macOS, which holds no audio",
    b"NIST_1A\n   1024\n": "NIST SPHERE, which the wav.scp entry 'sph2pipe -f wav FILE",
    b"\x1aE\xdf\xa3\1\0\0": "Matroska or WebM",
    b"PK\3\4": "a zip archive",
    bytes(5000): "zero bytes",
    b"": "nothing .an empty file",
}


@pytest.mark.parametrize("content", CONTENTS)
def test_what_it_is_and_what_reads_it(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    for use in (read_audio_file, audio_length):
        with pytest.raises(UserError, match=f"a.wav: .*; this is {CONTENTS[content]}"):
            use(str(path))
    if content:
        with pytest.raises(UserError, match=CONTENTS[content]):
            read_audio_bytes(content)


@pytest.mark.parametrize("suffix", ["ogg", "aiff", "au", "flac"])
def test_a_file_that_was_cut_short(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    soundfile.write(path, SAMPLES, 16000)
    content = path.read_bytes()
    assert len(read_audio_file(str(path)).samples) == audio_length(str(path))[0] == 40_000
    path.write_bytes(content[: len(content) * 2 // 3])
    with pytest.raises(UserError, match=rf"a.{suffix}: (truncated|cannot be read)"):
        read_audio_file(str(path))
