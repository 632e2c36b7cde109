"""Compressed audio equals what ffmpeg decodes, whole and in parts; what is damaged is noted."""

import itertools
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from speakernet.audio import compressed
from speakernet.audio.compressed import CompressedFile
from speakernet.audio.containers import demuxer_of
from speakernet.audio.files import read_audio_file
from speakernet.audio.frames import FrameSource
from speakernet.audio.libav import UnsupportedError
from speakernet.audio.sound_files import Audio
from speakernet.config import UserError

from .encoded import assert_within_a_step, encode, ffmpeg, needs_ffmpeg, speech

pytestmark = needs_ffmpeg

VIDEO = ("-f", "lavfi", "-i", "testsrc=d=3:s=64x64", "-c:v", "mpeg4", "-c:a", "aac")
FORMATS = {
    "aac.m4a": ("-c:a", "aac"),
    "no_noise.m4a": ("-c:a", "aac", "-aac_pns", "0"),
    "adts.aac": ("-c:a", "aac"),
    "aac.mkv": ("-c:a", "aac"),
    "video.mp4": VIDEO,
    "cbr.mp3": ("-c:a", "libmp3lame", "-b:a", "64k"),
    "vbr.mp3": ("-c:a", "libmp3lame", "-q:a", "3"),
    "low.mp3": ("-c:a", "libmp3lame", "-b:a", "32k"),
    "no_header.mp3": ("-c:a", "libmp3lame", "-write_xing", "0"),
    "a.opus": ("-c:a", "libopus", "-b:a", "24k"),
    "a.webm": ("-c:a", "libopus", "-b:a", "16k"),
    "vorbis.webm": ("-c:a", "libvorbis"),
    "a.wma": ("-c:a", "wmav2"),
    "a.wv": ("-c:a", "wavpack"),
}
DECLARED = {"aac.m4a", "no_noise.m4a", "video.mp4", "cbr.mp3", "vbr.mp3", "low.mp3", "a.opus"}


@contextmanager
def opened(path: Path, **options: bool) -> Iterator[CompressedFile]:
    with path.open("rb") as stream:
        demuxer = demuxer_of(stream, stream.read(4096), 0)
        file = CompressedFile(stream, demuxer, **options)
        yield file
        file.close()


def assert_parts(path: Path, whole: NDArray[np.generic], lengths: tuple[int, ...]) -> None:
    with opened(path) as file:
        for length in lengths:
            last = len(whole) - length
            for first in (last // 2, 0, 1, last // 3, max(last, 0), last + 700, last // 2 + 5):
                assert_within_a_step(file.read(first, length), whole[first : first + length])


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (16000, 1), (16000, 2), (44100, 2)])
def test_equals_ffmpeg(tmp_path: Path, name: str, rate: int, channels: int) -> None:
    path = encode(tmp_path / name, speech(3 * rate, rate, channels), rate, *FORMATS[name])
    expected = ffmpeg(path)
    audio = read_audio_file(str(path))
    assert not audio.notes
    assert_within_a_step(audio.samples, expected)
    with opened(path) as file:
        assert file.num_samples() == len(expected)
        assert file.is_declared == (name in DECLARED)
    with opened(path, average=True) as file:
        assert_within_a_step(file.whole().samples, ffmpeg(path, "-ac", "1"))
    assert_parts(path, audio.samples, (1, 5000, rate))


@pytest.mark.parametrize("name", ["aac.m4a", "cbr.mp3", "a.opus", "a.webm", "a.wma"])
@pytest.mark.parametrize(("rate", "seconds"), [(48000, 0.2), (24000, 0.5), (22050, 0.3)])
def test_short_files(tmp_path: Path, name: str, rate: int, seconds: float) -> None:
    if name in ("a.opus", "a.webm") and rate == 22050:
        rate = 12000
    path = encode(tmp_path / name, speech(int(seconds * rate), rate), rate, *FORMATS[name])
    expected = ffmpeg(path)
    assert_within_a_step(read_audio_file(str(path)).samples, expected)
    with opened(path) as file:
        assert file.num_samples() == len(expected)
    assert_parts(path, expected, (1, 1000, len(expected)))


@pytest.mark.parametrize("name", ["no_noise.m4a", "cbr.mp3", "vbr.mp3", "low.mp3", "a.opus"])
@pytest.mark.parametrize("channels", [1, 2])
def test_jumps_give_the_same_samples(tmp_path: Path, name: str, channels: int) -> None:
    samples = speech(45 * 16000, 16000, channels)
    path = encode(tmp_path / name, samples, 16000, *FORMATS[name])
    whole = read_audio_file(str(path)).samples
    with opened(path) as file:
        assert_within_a_step(file.read(len(whole) - 9000, 32_000), whole[-9000:])
        assert file._source.packets < 700  # of 630 to 2250 packets: not all were read
    assert_parts(path, whole, (1, 32_000))


def test_the_index_of_an_m4a_leads_where_the_container_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To the same samples, also where the end is damaged, and after a jump back."""
    path = encode(tmp_path / "a.m4a", speech(9 * 16000), 16000, "-c:a", "aac")
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 300] = bytes(300)
    damaged = tmp_path / "damaged.m4a"
    damaged.write_bytes(data)

    def parts(file: Path) -> list[bytes]:
        with opened(file, exact=False) as source:
            places = (70_000, 100_001, 5000, 143_000, 60_000)
            return [source.read(first, 33_000).tobytes() for first in places]

    found = [parts(path), parts(damaged)]
    monkeypatch.setattr(FrameSource, "jump_by_index", lambda *_: False)
    assert [parts(path), parts(damaged)] == found


def test_noise_bands_of_aac_beyond_the_first_half_minute(tmp_path: Path) -> None:
    """They hold other noise there, unless decoding begins at the beginning, and nothing more."""
    path = encode(tmp_path / "a.m4a", speech(40 * 16000), 16000, "-c:a", "aac")
    whole = read_audio_file(str(path)).samples
    with opened(path) as file:
        assert_within_a_step(file.read(470_000, 9000), whole[470_000:479_000])
        late = file.read(600_000, 9000).astype(float)
    assert np.std(late - whole[600_000:609_000]) < 0.2 * np.std(late)
    with opened(path, exact=False) as file:
        part = file.read(100_000, 9000).astype(float)
    assert np.std(part - whole[100_000:109_000]) < 0.2 * np.std(part)


def test_three_hours(tmp_path: Path) -> None:
    options = ("-c:a", "libmp3lame", "-b:a", "8k")
    short = encode(tmp_path / "short.mp3", speech(600 * 8000, 8000), 8000, *options)
    path = tmp_path / "a.mp3"
    repeat = ["ffmpeg", "-v", "error", "-stream_loop", "17", "-i", str(short), "-c", "copy"]
    subprocess.run([*repeat, str(path)], check=True)
    expected = ffmpeg(path)
    assert len(expected) > 3 * 3600 * 8000 - 20_000
    with opened(path) as file:
        assert file.num_samples() == len(expected)
        for first in (86_000_000, 1_234_567, len(expected) - 16_000):
            assert_within_a_step(file.read(first, 16_000), expected[first : first + 16_000])


def test_of_two_audio_streams_ffmpegs_is_taken(tmp_path: Path) -> None:
    low, high = speech(16000), speech(16000, 16000, 2)[::-1]
    encode(tmp_path / "low.m4a", low, 16000, "-c:a", "aac")
    encode(tmp_path / "high.m4a", np.ascontiguousarray(high), 16000, "-c:a", "aac")
    for disposition in ((), ("-disposition:a:0", "default"), ("-disposition:a:1", "default")):
        second = ("-i", str(tmp_path / "high.m4a"), "-map", "0", "-map", "1", "-c:a", "aac")
        path = encode(tmp_path / "two.mkv", low, 16000, *second, *disposition)
        assert_within_a_step(read_audio_file(str(path)).samples, ffmpeg(path))


def test_what_is_damaged_is_noted(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = encode(tmp_path / "a.m4a", speech(5 * 16000), 16000, "-c:a", "aac")
    content = bytearray(path.read_bytes())
    start = content.index(b"mdat") + 9000
    content[start : start + 900] = bytes(range(256)) * 3 + bytes(132)
    path.write_bytes(content)
    for _ in range(2):  # the same message again
        (note,) = read_audio_file(str(path)).notes
        assert note.kind == "errors" and "aac" in note.detail
    assert capfd.readouterr() == ("", "")


def test_a_file_that_was_cut_short(tmp_path: Path) -> None:
    options = ("-c:a", "aac", "-movflags", "faststart")
    path = encode(tmp_path / "a.m4a", speech(20 * 16000), 16000, *options)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    audio = read_audio_file(str(path))
    assert len(audio.samples) < 200_000
    assert audio.notes[0].kind == "errors"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(UserError, match=r"a.m4a: (cannot be decoded|found no samples)"):
        read_audio_file(str(path))


def test_without_audio(tmp_path: Path) -> None:
    video = ("-f", "lavfi", "-i", "testsrc=d=1:s=64x64", "-map", "1", "-c:v", "mpeg4")
    path = encode(tmp_path / "a.mp4", speech(16), 16000, *video)
    with pytest.raises(UserError, match=r"a.mp4: found no audio among 1 stream\(s\); expected"):
        read_audio_file(str(path))


def test_more_than_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = encode(tmp_path / "a.mp3", speech(100 * 16000), 16000, "-c:a", "libmp3lame")
    monkeypatch.setattr(compressed, "MAX_BYTES", 1 << 20)
    with pytest.raises(UserError, match=r"a.mp3: the samples do not end within 1048576 bytes"):
        read_audio_file(str(path))


def test_what_only_the_program_averages(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.m4a", speech(16000, 16000, 6), 16000, "-c:a", "aac")
    assert read_audio_file(str(path)).samples.shape[1] == 6
    with (
        pytest.raises(UnsupportedError, match="more than two channels"),
        opened(path, average=True),
    ):
        pass


@pytest.mark.parametrize("name", ["aac.m4a", "cbr.mp3", "a.opus", "a.webm", "a.wma", "adts.aac"])
def test_random_bytes_are_notes_or_errors(
    tmp_path: Path, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(3)
    content = encode(tmp_path / name, speech(16000), 16000, *FORMATS[name]).read_bytes()
    for count in itertools.chain([1] * 8, [5] * 8, [100] * 8):
        damaged = np.frombuffer(content, np.uint8).copy()
        damaged[rng.integers(40, len(content), count)] = rng.integers(0, 256, count)
        (tmp_path / name).write_bytes(damaged.tobytes()[: int(rng.integers(50, len(content)))])
        try:
            assert isinstance(read_audio_file(str(tmp_path / name)), Audio)
        except UserError as error:
            assert "\n" not in str(error)
    assert capfd.readouterr() == ("", "")
