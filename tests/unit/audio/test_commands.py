"""Commands that end with status 0 and have not read everything: that is noted."""

import sys
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from speakernet.audio import commands
from speakernet.audio.commands import run_command
from speakernet.audio.wav import write_wav
from speakernet.config import UserError

SAMPLES = np.random.default_rng(0).integers(-3000, 3000, 32_000).astype(np.int16)

# Decodes as far as it can and ends with status 0, as ffmpeg does; says why only if SAY is set.
FFMPEG = """#!{python}
import os, sys
import av, numpy
from pathlib import Path
from speakernet.audio.wav import write_wav
parts = []
try:
    with av.open(sys.argv[sys.argv.index("-i") + 1]) as file:
        for frame in file.decode(audio=0):
            parts.append(frame.to_ndarray()[0])
except av.FFmpegError as error:
    if os.environ.get("SAY"):
        print("[mov,mp4,m4a,3gp @ 0x55d0] stream 0, offset 0x12: partial file", file=sys.stderr)
samples = numpy.concatenate(parts)
write_wav(sys.stdout.buffer, (samples * 32767).astype(numpy.int16), 16000)
"""


def write_m4a(path: Path, samples: NDArray[np.int16]) -> None:
    """Write AAC with the index of the file in front, as for streaming."""
    with av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as file:
        stream = file.add_stream("aac", rate=16000, layout="mono")
        frame = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
        frame.sample_rate = 16000
        for part in (frame, None):
            file.mux(stream.encode(part))


@pytest.fixture
def ffmpeg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    program = tmp_path / "bin" / "ffmpeg"
    program.parent.mkdir()
    program.write_text(FFMPEG.format(python=sys.executable))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))
    path = tmp_path / "a b.m4a"
    write_m4a(path, np.resize(SAMPLES, 320_000))
    return path


def test_a_truncated_m4a(ffmpeg: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = f"ffmpeg -v quiet -i '{ffmpeg}' -f wav -"
    whole = run_command(command)
    assert not whole.notes and abs(len(whole.samples) - 320_000) < 4000
    ffmpeg.write_bytes(ffmpeg.read_bytes()[: ffmpeg.stat().st_size // 2])
    part = run_command(command)
    assert len(part.samples) < 200_000
    assert "s of 20." in str(part.notes[0]) and "that the file declares" in str(part.notes[0])
    assert not run_command(f"ffmpeg -t 3 -i '{ffmpeg}' -").notes  # somebody wants less
    monkeypatch.setenv("SAY", "1")
    assert "offset 0x12: partial file" in str(run_command(command).notes[0])


@pytest.mark.parametrize(
    ("message", "is_noted"),
    [
        ("in.flac: FLAC decoding error: LOST_SYNC", True),
        ("sox WARN wav: Premature EOF on .wav input file", True),
        ("[mp3float @ 0x7f8a] Header missing", True),
        ("in.sph: CRC mismatch\nWarning: data is corrupted", True),
        ("Input #0, wav, from a.wav: Duration: 00:00:02.00", False),
        ("sox WARN dither: dither clipped 3 samples; decrease volume?", False),
        ("", False),
    ],
)
def test_messages_of_decoders(tmp_path: Path, message: str, is_noted: bool) -> None:
    path = tmp_path / "a.wav"
    write_wav(path, SAMPLES, 16000)
    audio = run_command(f"printf '%s\n' '{message}' >&2; cat {path}")
    assert [note.kind for note in audio.notes] == ["errors"] * is_noted
    np.testing.assert_array_equal(audio.samples[:, 0], SAMPLES)


def test_an_output_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "_MAX_BYTES", 5 << 20)
    with pytest.raises(UserError, match="the output of 'yes .' does not end within 5242880 bytes"):
        run_command("yes")
