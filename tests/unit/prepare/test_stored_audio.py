"""What archives get of recordings: equal samples by our reader, sox and flac; crops equal cuts."""

import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from speakernet.audio.files import audio_length, read_audio_file
from speakernet.audio.reader import AudioReader
from speakernet.audio.wav import write_wav
from speakernet.config.errors import UserError
from speakernet.kaldi.audio_archives import AudioArchives
from speakernet.kaldi.tables import read_table
from speakernet.prepare.stored_audio import FORMATS, store

RATE = 22050


@pytest.fixture
def samples() -> NDArray[np.int16]:
    """Three seconds that begin quietly and reach full scale."""
    noise = np.random.default_rng(5).normal(size=3 * RATE) * np.linspace(1, 20000, 3 * RATE)
    return np.clip(noise, -32768, 32767).astype(np.int16)


@pytest.fixture
def wav(tmp_path: Path, samples: NDArray[np.int16]) -> Path:
    write_wav(tmp_path / "a b.wav", samples, RATE)
    return tmp_path / "a b.wav"


def packed(folder: Path, form: str, *entries: str) -> list[tuple[str, int]]:
    """Store the entries in one archive; return path and offset of each."""
    with AudioArchives(folder / form, framed=form != "wav") as archives:
        for number, entry in enumerate(entries):
            archives.write(f"u{number}", store(entry, form, AudioReader()).data)
    places = read_table(folder / f"{form}.scp").values()
    return [(place.rpartition(":")[0], int(place.rpartition(":")[2])) for place in places]


@pytest.mark.parametrize("form", FORMATS)
def test_whole_recordings_and_crops(
    tmp_path: Path, wav: Path, samples: NDArray[np.int16], form: str
) -> None:
    for path, offset in packed(tmp_path, form, str(wav), str(wav), str(wav)):
        whole = read_audio_file(path, offset=offset)
        np.testing.assert_array_equal(whole.samples[:, 0], samples)
        assert (whole.sample_rate, audio_length(path, offset)) == (RATE, (len(samples), RATE))
        for first, number in ((0, 1), (1, 4097), (31000, 800), (len(samples) - 7, 100)):
            crop = read_audio_file(path, offset=offset, first_sample=first, max_samples=number)
            np.testing.assert_array_equal(crop.samples[:, 0], samples[first : first + number])


def test_sox_and_flac_decode_what_is_stored(
    tmp_path: Path, wav: Path, samples: NDArray[np.int16]
) -> None:
    (tmp_path / "x.flac").write_bytes(store(str(wav), "flac", AudioReader()).data)
    (tmp_path / "x.wav").write_bytes(store(str(wav), "wav", AudioReader()).data)
    (tmp_path / "x.copy").write_bytes(store(str(wav), "copy", AudioReader()).data)
    raw = "--force-raw-format --endian=little --sign=signed"
    commands = (
        f"flac --silent --decode --stdout {raw} x.flac",
        "sox x.flac -t raw -",
        "sox x.wav -t raw -",
        "sox -t wav x.copy -t raw -",
    )
    for command in commands:
        output = subprocess.run(command.split(), cwd=tmp_path, capture_output=True, check=True)
        np.testing.assert_array_equal(np.frombuffer(output.stdout, "<i2"), samples)


@pytest.mark.parametrize("suffix", ["mp3", "ogg", "flac"])
def test_copies_of_other_formats_are_the_files(tmp_path: Path, wav: Path, suffix: str) -> None:
    file = tmp_path / f"x.{suffix}"
    subprocess.run(["ffmpeg", "-v", "error", "-i", wav, file], check=True)
    (_, _), (path, offset) = packed(tmp_path, "copy", str(wav), str(file))
    alone, stored = read_audio_file(str(file)), read_audio_file(path, offset=offset)
    np.testing.assert_array_equal(stored.samples, alone.samples)
    assert store(f"{path}:{offset}", "copy", AudioReader()).data == file.read_bytes()
    crop = read_audio_file(path, offset=offset, first_sample=12345, max_samples=678)
    other = read_audio_file(str(file), first_sample=12345, max_samples=678)
    np.testing.assert_array_equal(crop.samples, other.samples)


def test_commands_and_other_depths(tmp_path: Path, wav: Path, samples: NDArray[np.int16]) -> None:
    stereo = np.stack([samples / 32768 * 0.5, samples * 0], axis=1)
    soundfile.write(tmp_path / "deep.wav", stereo, RATE, subtype="PCM_24")
    stored = store(f"cat '{tmp_path}/deep.wav' |", "flac", AudioReader())
    assert stored.notes == ["with 2 channels, channel 1 taken"]
    assert stored.duration_s == 3
    (tmp_path / "x").write_bytes(stored.data)
    found = read_audio_file(str(tmp_path / "x")).samples[:, 0]
    np.testing.assert_array_equal(found, np.rint(samples / 2))


def test_odd_audio_is_noted(tmp_path: Path) -> None:
    write_wav(tmp_path / "x.wav", np.zeros(1600, np.int16), 16000)
    notes = store(str(tmp_path / "x.wav"), "wav", AudioReader()).notes
    assert notes == ["shorter than 0.25 s (0.100 s)", "silent"]


@pytest.mark.parametrize(
    ("entry", "form", "problem"),
    [
        ("-", "wav", "standard input"),
        ("cat {wav} |", "copy", "found a command.*--audio-format wav or flac stores what it gives"),
        ("{wav}.none", "copy", "no such file"),
        ("{empty}", "copy", "found no samples"),
        ("{empty}", "flac", "found no samples"),
        ("{short}", "copy", "truncated"),
        ("{short}", "wav", "truncated"),
        ("{ark}:3", "copy", "does not say where the file ends; --audio-format wav or flac"),
    ],
)
def test_what_cannot_be_stored(
    tmp_path: Path, wav: Path, entry: str, form: str, problem: str
) -> None:
    write_wav(tmp_path / "empty.wav", np.zeros(0, np.int16), 8000)
    (tmp_path / "short.wav").write_bytes(wav.read_bytes()[:-9])
    (tmp_path / "x.ark").write_bytes(b"u1 " + wav.read_bytes() + b"u2 " + wav.read_bytes())
    names = {"wav": wav, "empty": tmp_path / "empty.wav", "short": tmp_path / "short.wav"}
    with pytest.raises(UserError, match=problem):
        store(entry.format(**names, ark=tmp_path / "x.ark"), form, AudioReader())
