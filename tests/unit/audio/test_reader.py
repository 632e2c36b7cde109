"""From entries of wav.scp to waveforms: formats, channels, commands, segments, copies."""

import subprocess
from pathlib import Path
from shutil import which

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from speakernet.audio.files import audio_length
from speakernet.audio.reader import AudioReader, Reading, iter_audio, read_audio
from speakernet.audio.wav import write_wav
from speakernet.config import UserError
from speakernet.kaldi.wav_scp import Utterance
from tests.recordings import SAMPLES


@pytest.mark.parametrize(
    ("suffix", "subtype", "tolerance"),
    [
        ("flac", "PCM_16", 0),
        ("wav", "PCM_24", 0.01),
        ("wav", "FLOAT", 0.01),
        ("ogg", "VORBIS", 999),
    ],
)
def test_other_formats(tmp_path: Path, suffix: str, subtype: str, tolerance: float) -> None:
    path = tmp_path / f"a.{suffix}"
    soundfile.write(path, SAMPLES / 32768, 16000, subtype=subtype)
    waveform = read_audio(str(path))
    assert waveform.dtype == np.float32
    assert abs(np.std(waveform) / np.std(SAMPLES) - 1) < 0.1
    if tolerance < 999:
        np.testing.assert_allclose(waveform, SAMPLES, rtol=0, atol=tolerance)
    assert audio_length(str(path)) == (20_000, 16000)


def test_first_channel_unless_another_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "stereo.wav"
    soundfile.write(path, np.stack([SAMPLES, -SAMPLES], axis=1), 16000)
    np.testing.assert_array_equal(read_audio(str(path)), SAMPLES)
    np.testing.assert_array_equal(AudioReader(channel="1").read(str(path)), -SAMPLES)
    with pytest.raises(UserError, match=r"found 2 channel\(s\); expected channel 2"):
        AudioReader(channel="2").read(str(path))


def broken(folder: Path, kind: str) -> Path:
    path = folder / f"{kind}.wav"
    write_wav(path, SAMPLES, 16000)
    content = path.read_bytes()
    if kind == "eight_bit":
        soundfile.write(path, np.zeros((100, 2)), 16000, subtype="PCM_U8")
    elif kind == "odd_rate":
        write_wav(path, SAMPLES, 80)
    elif kind == "missing":
        path.unlink()
    elif kind == "folder":
        path.unlink()
        path.mkdir()
    else:
        size = {"cut": 30_000, "cut_in_header": 30, "headless": 8, "empty": 0, "no_samples": 44}[
            kind
        ]
        path.write_bytes(content[:size])
    return path


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("cut", "truncated: the header promises 20000 samples, found 14978"),
        ("cut_in_header", "truncated"),
        ("headless", "cannot be read"),
        ("empty", "cannot be read"),
        ("no_samples", "truncated: the header promises 20000 samples, found 0"),
        ("eight_bit", "found 8-bit samples in 2 channel(s); expected 16-bit"),
        ("odd_rate", "found 80 Hz; expected 2000 to 400000 Hz"),
        ("missing", "no such file"),
        ("folder", "found a folder; expected a file"),
    ],
)
def test_a_broken_file_is_one_clear_line(tmp_path: Path, kind: str, message: str) -> None:
    path = broken(tmp_path, kind)
    (tmp_path / "wav.scp").write_text(f"u1 {path}\n", encoding="utf-8")
    ((name, error),) = iter_audio(tmp_path, AudioReader())
    assert name == "u1"
    assert isinstance(error, UserError)
    assert str(error).startswith(f"{tmp_path}/wav.scp:1: utterance 'u1': ")
    assert message in str(error)
    assert "\n" not in str(error)


def test_commands_run_and_their_failures_are_told(wav: Path) -> None:
    np.testing.assert_array_equal(read_audio(f"cat < '{wav}' |"), SAMPLES)
    np.testing.assert_array_equal(read_audio(f"cat '{wav}' | cat | cat |"), SAMPLES)
    with pytest.raises(UserError, match=r"x:1: status 3 from 'echo oops >&2; exit 3 \|': oops"):
        AudioReader().read("echo oops >&2; exit 3 |", "x:1")
    with pytest.raises(UserError, match=r"status 1 from 'false \| cat \|'"):
        read_audio("false | cat |")
    with pytest.raises(UserError, match=r"the output of 'true \|': found no data"):
        read_audio("true |")
    with pytest.raises(UserError, match="status 127"):
        read_audio("no-such-program-anywhere |")


@pytest.mark.skipif(not which("sox"), reason="needs sox")
def test_a_command_may_leave_the_rest_of_its_input(tmp_path: Path) -> None:
    """As Kaldi's popen takes it; what is too short or ends with another error is refused."""
    path = tmp_path / "long.wav"
    samples = np.resize(SAMPLES, 4_000_000)
    write_wav(path, samples, 16000)
    second = read_audio(f"cat {path} | sox -t wav - -t wav - trim 0 1 |")
    np.testing.assert_array_equal(second, samples[:16000])
    write_wav(tmp_path / "short.wav", SAMPLES, 16000)
    head = f"cat {tmp_path}/short.wav /dev/zero | head -c 40044 |"
    np.testing.assert_array_equal(read_audio(head), SAMPLES)
    with pytest.raises(UserError, match=r"status 141 from .*truncated: the header promises 4000"):
        read_audio(f"cat {path} | head -c 32044 |")
    with pytest.raises(UserError, match=r"status 141 from .*: no message: found no data"):
        read_audio(f"cat {path} | true |")
    with pytest.raises(UserError, match="status 3 from"):
        read_audio(f"cat {path} | (head -c 32044; exit 3) |")
    with pytest.raises(UserError, match="status 1 from"):
        read_audio(f"false | cat {tmp_path}/short.wav |")


def test_a_command_that_writes_much_to_stderr_does_not_hang(wav: Path) -> None:
    noisy = f"head -c 1000000 /dev/zero >&2; cat '{wav}' |"
    np.testing.assert_array_equal(read_audio(noisy), SAMPLES)


def test_sox_at_the_files_own_rate_starts_no_program(
    wav: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a program was started")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    quoted = f"'{wav}'"
    np.testing.assert_array_equal(read_audio(f"sox {quoted} -r 16000 -t wav - |"), SAMPLES)
    assert len(read_audio(f"sox -t wav {quoted} -t wav - speed 0.8 |")) == 25_000
    entry = f"cat {quoted} | wav-reverberate --duration=2 - - |"
    np.testing.assert_array_equal(read_audio(entry), np.resize(SAMPLES, 32_000))


def test_segments_are_cut(tmp_path: Path, wav: Path) -> None:
    (tmp_path / "wav.scp").write_text(f"r1 {wav}\n", encoding="utf-8")
    lines = ["a r1 0 0.5", "b r1 0.25 -1", "c r1 1 1.4", "d r1 0.5 9", "e r1 1.3 1.4"]
    (tmp_path / "segments").write_text("\n".join(lines) + "\n", encoding="utf-8")
    cut = dict(iter_audio(tmp_path, AudioReader()))
    for name, expected in (("a", SAMPLES[:8000]), ("b", SAMPLES[4000:]), ("c", SAMPLES[16000:])):
        np.testing.assert_array_equal(waveform(cut[name]), expected)
    for name in ("d", "e"):
        assert "expected one within 1.250 s" in str(cut[name])


def test_a_recording_is_computed_once_for_its_segments(tmp_path: Path, wav: Path) -> None:
    count = tmp_path / "count"
    entry = f"echo >>{count}; cat '{wav}' | wav-reverberate --volume=0.5 - - |"
    (tmp_path / "wav.scp").write_text(f"r1 {entry}\n", encoding="utf-8")
    (tmp_path / "segments").write_text("a r1 0 0.5\nb r1 0.5 1\n", encoding="utf-8")
    assert [len(waveform(value)) for _, value in iter_audio(tmp_path, AudioReader())] == [8000] * 2
    assert count.read_text() == "\n"


def waveform(value: object) -> NDArray[np.float32]:
    assert isinstance(value, Reading)
    return value.waveform


def test_another_rate_is_resampled_and_noted(tmp_path: Path) -> None:
    tone = 9000 * np.sin(2 * np.pi * 440 * np.arange(44_100) / 44_100)
    write_wav(tmp_path / "a.wav", tone.astype(np.int16), 44_100)
    reading = AudioReader().read_with_notes(Utterance("a", str(tmp_path / "a.wav"), "x:1"))
    expected = 9000 * np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000)
    assert np.abs(reading.waveform - expected)[200:-200].max() < 2
    assert [str(note) for note in reading.notes] == ["resampled from 44100 Hz"]
