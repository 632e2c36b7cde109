"""Audio whose length the header does not know, coded or broken samples."""

import subprocess
from pathlib import Path
from shutil import which

import numpy as np
import pytest
import soundfile

from speakernet.audio.files import audio_length, read_audio_file
from speakernet.audio.reader import AudioReader, iter_audio, read_audio
from speakernet.audio.wav import write_wav
from speakernet.config import UserError

SAMPLES = np.random.default_rng(0).integers(-3000, 3000, 20_000).astype(np.int16)

SOX_FLOAT = "sox {} -e floating-point -b 32 -t wav - |"
FFMPEG_FLOAT = "ffmpeg -v error -i {} -c:a pcm_f32le -f wav - |"
FFMPEG_FLAC = "ffmpeg -v error -i {} -f flac - |"


@pytest.mark.skipif(not (which("sox") and which("ffmpeg")), reason="needs sox and ffmpeg")
@pytest.mark.parametrize("command", [SOX_FLOAT, FFMPEG_FLOAT, FFMPEG_FLAC])
@pytest.mark.parametrize("num_samples", [20_000, 2_500_000])
def test_length_unknown_to_the_header(tmp_path: Path, command: str, num_samples: int) -> None:
    wav = tmp_path / "a.wav"
    samples = np.resize(SAMPLES, num_samples)
    write_wav(wav, samples, 16000)
    entry = command.format(wav)
    np.testing.assert_array_equal(read_audio(entry), samples)
    path = tmp_path / "from_a_pipe"
    path.write_bytes(subprocess.run(entry[:-1], shell=True, check=True, capture_output=True).stdout)
    np.testing.assert_array_equal(read_audio(str(path)), samples)
    assert audio_length(str(path)) == (num_samples, 16000)
    part = read_audio_file(str(path), first_sample=15_000, max_samples=700).samples[:, 0]
    np.testing.assert_array_equal(part, samples[15_000:15_700])
    tail = read_audio_file(str(path), first_sample=num_samples - 5, max_samples=700).samples
    np.testing.assert_array_equal(tail[:, 0], samples[-5:])


@pytest.mark.parametrize("size", [0, 0x7FFFF000, 0x7FFFFFFF, 0xFFFFFFFF])
@pytest.mark.parametrize("subtype", ["FLOAT", "PCM_24", "PCM_16"])
def test_sizes_that_pipes_write(tmp_path: Path, size: int, subtype: str) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, SAMPLES / 32768, 16000, subtype=subtype)
    content = path.read_bytes()
    place = content.index(b"data") + 4
    unknown = size.to_bytes(4, "little")
    path.write_bytes(content[:4] + unknown + content[8:place] + unknown + content[place + 4 :])
    # libsndfile puts a PEAK chunk before the samples of a float file, nothing after them.
    np.testing.assert_array_equal(read_audio(str(path)), SAMPLES)
    assert audio_length(str(path)) == (20_000, 16000)
    path.write_bytes(b"u1 " + path.read_bytes())
    np.testing.assert_array_equal(read_audio(f"{path}:3"), SAMPLES)


@pytest.mark.parametrize("subtype", ["IMA_ADPCM", "MS_ADPCM", "GSM610", "ULAW", "ALAW", "PCM_24"])
def test_length_of_a_coded_wav(tmp_path: Path, subtype: str) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, SAMPLES / 32768, 16000, subtype=subtype)
    assert audio_length(str(path)) == (soundfile.info(path).frames, 16000)
    with soundfile.SoundFile(path) as file:
        expected = 32768 * file.read(file.frames, dtype="float32")
    np.testing.assert_array_equal(read_audio_file(str(path)).samples[:, 0], expected)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e36])
def test_samples_that_are_no_numbers(tmp_path: Path, value: float) -> None:
    path = tmp_path / "a.wav"
    samples = SAMPLES / np.float32(32768)
    samples[700] = value
    soundfile.write(path, samples, 16000, subtype="FLOAT")
    (tmp_path / "wav.scp").write_text(f"u1 {path}\nu2 cat {path} |\n", encoding="utf-8")
    for _, error in iter_audio(tmp_path, AudioReader()):
        assert isinstance(error, UserError)
        assert "found samples that are not finite numbers" in str(error)


def test_a_flac_header_that_promises_too_much(tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    soundfile.write(path, SAMPLES, 16000)
    content = bytearray(path.read_bytes())
    content[21] |= 0x0F
    content[22:26] = b"\xff" * 4
    path.write_bytes(content)
    assert audio_length(str(path))[0] == (1 << 36) - 1
    with pytest.raises(UserError, match=r"a.flac: (truncated: the header promises|cannot be read)"):
        read_audio(str(path))
