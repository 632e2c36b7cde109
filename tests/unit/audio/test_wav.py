"""Wav files: headers of all kinds, parts of files, what is refused."""

import io
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from speakernet.audio.files import audio_length, read_audio_bytes, read_audio_file
from speakernet.audio.wav import write_wav
from speakernet.config import UserError
from tests.recordings import SAMPLES, read_samples

DATA = SAMPLES.tobytes()
PCM, EXTENSIBLE = 1, 0xFFFE


def chunk(name: bytes, content: bytes) -> bytes:
    """A chunk of a RIFF file: chunks begin at even places."""
    return struct.pack("<4sI", name, len(content)) + content + bytes(len(content) % 2)


def riff(*chunks: bytes) -> bytes:
    content = b"WAVE" + b"".join(chunks)
    return struct.pack("<4sI", b"RIFF", len(content)) + content


def format_of(code: int = PCM, channels: int = 1, rate: int = 16000, bits: int = 16) -> bytes:
    width = channels * bits // 8
    return struct.pack("<HHIIHH", code, channels, rate, rate * width, width, bits)


def test_sixteen_bit_wav_is_read_exactly(wav: Path) -> None:
    np.testing.assert_array_equal(read_samples(wav), SAMPLES)
    np.testing.assert_array_equal(soundfile.read(wav, dtype="int16")[0], SAMPLES)
    np.testing.assert_array_equal(read_audio_bytes(wav.read_bytes()).samples[:, 0], SAMPLES)
    assert audio_length(str(wav)) == (20_000, 16000)


@pytest.mark.parametrize("size", [6, 7, 4000, 6001, 100_000])
@pytest.mark.parametrize("before_format", [True, False])
def test_other_chunks_are_passed_over(tmp_path: Path, size: int, before_format: bool) -> None:
    """Odd ones have a byte more; long ones reach beyond what is read of the file at once."""
    chunks = [chunk(b"fmt ", format_of()), chunk(b"LIST", b"x" * size)]
    path = tmp_path / "a.wav"
    path.write_bytes(riff(*chunks[:: -1 if before_format else 1], chunk(b"data", DATA)))
    np.testing.assert_array_equal(read_samples(path), SAMPLES)
    np.testing.assert_array_equal(
        read_samples(path, first_sample=19_000, max_samples=7), SAMPLES[19_000:][:7]
    )
    assert audio_length(str(path)) == (20_000, 16000)


def test_what_follows_the_samples_is_none(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(riff(chunk(b"fmt ", format_of()), chunk(b"data", DATA), chunk(b"id3 ", b"12")))
    np.testing.assert_array_equal(read_samples(path), SAMPLES)
    assert audio_length(str(path)) == (20_000, 16000)


def test_a_header_that_does_not_know_the_length(wav: Path) -> None:
    content = wav.read_bytes()
    wav.write_bytes(content[:40] + b"\xff\xff\xff\xff" + content[44:] + b"\1")
    np.testing.assert_array_equal(read_samples(wav), SAMPLES)
    np.testing.assert_array_equal(
        read_samples(wav, first_sample=19_990, max_samples=700), SAMPLES[19_990:]
    )
    assert audio_length(str(wav)) == (20_000, 16000)


def test_the_extensible_format(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    stereo = np.stack([SAMPLES, -SAMPLES], axis=1)
    soundfile.write(path, stereo, 16000, format="WAVEX", subtype="PCM_16")
    assert path.read_bytes()[20:22] == EXTENSIBLE.to_bytes(2, "little")
    audio = read_audio_file(str(path))
    assert audio.samples.dtype == np.int16
    np.testing.assert_array_equal(audio.samples, stereo)
    assert audio_length(str(path)) == (20_000, 16000)


def test_a_file_that_ends_early_is_good_as_far_as_it_goes(wav: Path) -> None:
    wav.write_bytes(wav.read_bytes()[: 44 + 2 * 5000 + 1])
    np.testing.assert_array_equal(
        read_samples(wav, first_sample=4000, max_samples=1000), SAMPLES[4000:5000]
    )
    with pytest.raises(UserError, match="truncated: .* promises 20000 samples, found 5000"):
        audio_length(str(wav))
    for first in (0, 4000):
        with pytest.raises(UserError, match="promises 20000 samples, found 5000"):
            read_samples(wav, first_sample=first, max_samples=5000 - first + 1)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "found no data"),
        (riff(), "truncated: the wav header ends without a data chunk"),
        (riff(chunk(b"fmt ", format_of())), "truncated: the wav header ends without a data chunk"),
        (
            riff(chunk(b"fmt ", format_of()[:15])),
            "truncated: the wav header ends within its fmt chunk",
        ),
        (riff(chunk(b"data", DATA)), "the wav header has no fmt chunk before its data chunk"),
        (riff(chunk(b"fmt ", format_of(channels=0))), "found 0 channels at 16000 Hz"),
        (riff(chunk(b"fmt ", format_of(rate=0))), "found 1 channels at 0 Hz"),
        (
            riff(chunk(b"fmt ", format_of(channels=2, bits=8)), chunk(b"data", bytes(40))),
            r"found 8-bit samples in 2 channel\(s\); expected 16-bit",
        ),
        (
            riff(chunk(b"fmt ", format_of()), chunk(b"LIST", bytes(5000))),
            "truncated: the wav header ends without a data chunk",
        ),
    ],
)
def test_what_is_no_wav_file_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(UserError, match=f"^{message}"):
        read_audio_bytes(content)


def test_writing_to_a_stream_and_into_no_folder(wav: Path, tmp_path: Path) -> None:
    stream = io.BytesIO()
    write_wav(stream, SAMPLES, 16000)
    assert stream.getvalue() == wav.read_bytes()
    with pytest.raises(UserError, match=r"none/a\.wav: No such file or directory"):
        write_wav(tmp_path / "none/a.wav", SAMPLES, 16000)
