"""Where the samples of a wav file are: sizes that lie, tags around them, formats that cannot be."""

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from speakernet.audio.files import audio_length, read_audio_bytes, read_audio_file
from speakernet.config import UserError

SAMPLES = np.random.default_rng(5).integers(-3000, 3000, 9000).astype(np.int16)
DATA = SAMPLES.tobytes()
FORMAT = struct.pack("<HHIIHH", 1, 1, 16000, 32000, 2, 16)


def chunk(name: bytes, content: bytes, size: int | None = None) -> bytes:
    size = len(content) if size is None else size
    return struct.pack("<4sI", name, size) + content + bytes(len(content) % 2)


def riff(*chunks: bytes, size: int | None = None) -> bytes:
    content = b"WAVE" + b"".join(chunks)
    return struct.pack("<4sI", b"RIFF", len(content) if size is None else size) + content


def test_an_empty_data_chunk_before_tags_is_empty(tmp_path: Path) -> None:
    """The tag is not speech."""
    path = tmp_path / "a.wav"
    for tags in (
        [chunk(b"id3 ", b"x" * 40_000)],
        [chunk(b"LIST", b"y" * 31), chunk(b"abcd", DATA)],
    ):
        path.write_bytes(riff(chunk(b"fmt ", FORMAT), chunk(b"data", b""), *tags))
        with pytest.raises(UserError, match="a.wav: found no samples"):
            read_audio_file(str(path))
        assert audio_length(str(path)) == (0, 16000)


@pytest.mark.parametrize("size", [0, 0x7FFFF000, 0xFFFFFFFF])
@pytest.mark.parametrize("tag", [chunk(b"LIST", b"INFO" * 9), chunk(b"id3 ", b"z" * 7)])
def test_tags_behind_samples_of_unknown_length(tmp_path: Path, size: int, tag: bytes) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(riff(chunk(b"fmt ", FORMAT), chunk(b"data", DATA, size), tag, size=size))
    audio = read_audio_file(str(path))
    np.testing.assert_array_equal(audio.samples[:, 0], SAMPLES)
    assert [str(note) for note in audio.notes] == ["without a length in the header"]
    assert audio_length(str(path)) == (9000, 16000)
    assert not read_audio_bytes(path.read_bytes()).notes  # of a pipe that is nothing to note


def test_a_tag_before_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    tag = b"ID3\4\0\0" + bytes([0, 0, 1, 20]) + bytes(148)
    path.write_bytes(tag + riff(chunk(b"fmt ", FORMAT), chunk(b"data", DATA)))
    for audio in (read_audio_file(str(path)), read_audio_bytes(path.read_bytes())):
        np.testing.assert_array_equal(audio.samples[:, 0], SAMPLES)
    assert audio_length(str(path)) == (9000, 16000)
    float_wav = tmp_path / "b.wav"
    soundfile.write(float_wav, SAMPLES / 32768, 16000, subtype="FLOAT")
    float_wav.write_bytes(tag + float_wav.read_bytes())
    np.testing.assert_array_equal(read_audio_file(str(float_wav)).samples[:, 0], SAMPLES)


@pytest.mark.parametrize("missing", [1, 2, 3000])
@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT", "MS_ADPCM"])
def test_every_codec_says_what_is_missing(tmp_path: Path, subtype: str, missing: int) -> None:
    """libsndfile alone would read what is there."""
    path = tmp_path / "a.wav"
    soundfile.write(path, SAMPLES, 16000, subtype=subtype)
    path.write_bytes(path.read_bytes()[:-missing])
    for use in (read_audio_file, audio_length):
        with pytest.raises(UserError, match="a.wav: truncated: the header promises "):
            use(str(path))


@pytest.mark.parametrize(
    ("fmt", "message"),
    [
        (struct.pack("<HHIIHH", 1, 2, 16000, 64000, 2, 16), "samples of 2 bytes .* expected 4"),
        (struct.pack("<HHIIHH", 1, 1, 16000, 32000, 0, 16), "samples of 0 bytes .* expected 2"),
        (struct.pack("<HHIIHH", 0x55, 1, 16000, 8000, 1, 0), "cannot be read"),
    ],
)
def test_formats_that_cannot_be(tmp_path: Path, fmt: bytes, message: str) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(riff(chunk(b"fmt ", fmt), chunk(b"data", DATA)))
    with pytest.raises(UserError, match=f"a.wav: .*{message}"):
        read_audio_file(str(path))


def test_an_offset_behind_the_end(tmp_path: Path) -> None:
    path = tmp_path / "a.ark"
    path.write_bytes(riff(chunk(b"fmt ", FORMAT), chunk(b"data", DATA)))
    with pytest.raises(UserError, match="found 18044 bytes; expected more than the offset 2"):
        read_audio_file(str(path), offset=2 * 10**17)


def test_a_length_is_needed_where_another_entry_follows(tmp_path: Path) -> None:
    first = riff(chunk(b"fmt ", FORMAT), chunk(b"data", DATA, 0xFFFFFFFF), size=0xFFFFFFFF)
    last = riff(chunk(b"fmt ", FORMAT), chunk(b"data", DATA, 0))
    path = tmp_path / "x.ark"
    path.write_bytes(b"u1 " + first + b"u2 " + last)
    with pytest.raises(UserError, match="no length, and another entry of the archive follows"):
        read_audio_file(str(path), offset=3)
    samples = read_audio_file(str(path), offset=6 + len(first)).samples
    np.testing.assert_array_equal(samples[:, 0], SAMPLES)
