"""Commands that only decode give in the process what ffmpeg writes, and start no program."""

import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

from speakernet.audio.commands import run_command
from speakernet.audio.decoded import read_decoded
from speakernet.config import UserError
from speakernet.kaldi.audio_nodes import Decoded
from speakernet.kaldi.pipes import parse_entry

from .encoded import assert_within_a_step, encode, needs_ffmpeg, speech

pytestmark = needs_ffmpeg


def decoded(entry: str) -> Decoded:
    node = parse_entry(entry)
    assert isinstance(node, Decoded)
    return node


@pytest.mark.parametrize("name", ["a b.m4a", "a.mp3", "a.opus", "a.ogg", "a.flac", "a.wav"])
@pytest.mark.parametrize("options", ["", "-ac 1 -ar 48000"])
def test_equals_the_command(
    tmp_path: Path, name: str, options: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = speech(50_000, 48000, 2)
    if name.endswith(("flac", "wav")):
        soundfile.write(tmp_path / name, samples, 48000)
    else:
        encode(tmp_path / name, samples, 48000)
    entry = f"ffmpeg -v 8 -i '{tmp_path / name}' {options} -f wav -acodec pcm_s16le - |"
    expected = run_command(entry[:-1])

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a program was started")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    audio = read_decoded(decoded(entry))
    assert (audio.sample_rate, audio.notes) == (expected.sample_rate, ())
    assert_within_a_step(audio.samples, expected.samples)


def test_another_rate_is_resampled_as_close_as_ffmpeg_does(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.mp3", speech(88_200, 44_100), 44_100)
    entry = f"ffmpeg -v 8 -i {path} -ar 16000 -f wav - |"
    audio = read_decoded(decoded(entry))
    expected = run_command(entry[:-1]).samples.astype(float)
    assert (audio.sample_rate, audio.notes) == (16000, ())
    assert abs(len(audio.samples) - len(expected)) <= 1
    difference = audio.samples[: len(expected)] - expected[: len(audio.samples)]
    assert np.std(difference) < 0.2 * np.std(expected)


@pytest.mark.parametrize("subtype", ["PCM_24", "FLOAT"])
def test_what_is_left_to_the_program(tmp_path: Path, subtype: str) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, speech(9000, channels=3) / 32768, 16000, subtype=subtype)
    for options in ("", "-ac 1"):
        node = decoded(f"ffmpeg -v 8 -i {path} {options} -f wav - |")
        np.testing.assert_array_equal(read_decoded(node).samples, run_command(node.text).samples)
    six = encode(tmp_path / "b.m4a", speech(9000, channels=6), 16000)
    node = decoded(f"ffmpeg -v 8 -i {six} -ac 1 -f wav - |")
    np.testing.assert_array_equal(read_decoded(node).samples, run_command(node.text).samples)


def test_failures_name_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.m4a"
    node = decoded(f"ffmpeg -v 8 -i {path} -f wav - |")
    with pytest.raises(UserError, match=r"a\.m4a: no such file"):
        read_decoded(node)
    path.write_bytes(b"\0\0\0\x20ftypM4A " + bytes(900))
    with pytest.raises(UserError, match=r"a\.m4a: .*; this is MPEG-4 \(m4a\)$"):
        read_decoded(node)
    path.write_bytes(b"#EXTM3U\nhttp://127.0.0.1/a.m4a\n")  # a playlist: the program's affair
    with pytest.raises(UserError, match="status [0-9]+ from 'ffmpeg -v 8"):
        read_decoded(node)
