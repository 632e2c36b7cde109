"""What is stored of a recording in an archive of audio: its file as it is, or its samples."""

import io
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from speakernet.arrays import Float32
from speakernet.audio.files import audio_length, open_compressed
from speakernet.audio.notes import examine
from speakernet.audio.reader import AudioReader
from speakernet.audio.wav import write_wav
from speakernet.audio.wav_header import HEAD_BYTES, UNKNOWN_SIZE
from speakernet.config.errors import UserError
from speakernet.config.files import open_input
from speakernet.kaldi.audio_archives import framed_file
from speakernet.kaldi.audio_nodes import AudioFile, Decoded
from speakernet.kaldi.pipes import parse_entry
from speakernet.signal.reverberate import quantize

COPY, WAV, FLAC = "copy", "wav", "flac"
FORMATS = (COPY, WAV, FLAC)

_SHORT_S = 0.25
_WAV_HEADER_BYTES = 44


class Stored(NamedTuple):
    """The file that an archive gets, its duration in seconds, and what was noted of the audio."""

    data: bytes
    duration_s: float
    notes: list[str]


def store(entry: str, form: str, reader: AudioReader) -> Stored:
    """Return what ``form``, one of ``FORMATS``, stores of an entry of ``wav.scp``.

    ``copy``: the bytes of its file, whose header is read. ``wav`` and ``flac``: what ``reader``
    makes of it, one channel at its own rate, rounded to 16 bits. Raises UserError for what cannot
    be read, has no samples, or does not fit the format.
    """
    if entry == "-":
        raise UserError("found '-', standard input; expected a file or a command ending in |")
    if form == COPY:
        return _copied(entry)
    signal = reader.evaluate(parse_entry(entry))
    samples, rate = _sixteen_bits(signal.samples), signal.sample_rate
    if not len(samples):
        raise UserError(f"{entry}: found no samples")
    duration = len(samples) / rate
    notes = [*signal.notes, *examine(samples.astype(np.float32), duration, _SHORT_S)]
    data = _wav(samples, rate) if form == WAV else _flac(samples, rate)
    return Stored(data, duration, [str(note) for note in notes])


def _copied(entry: str) -> Stored:
    node = parse_entry(entry)
    file = _decoded_file(node) if isinstance(node, Decoded) else node
    if not isinstance(file, AudioFile):
        raise UserError(
            f"found a command, which is no file to copy; --audio-format wav or flac stores what it "
            f"gives; in: {entry}"
        )
    num_samples, rate = audio_length(file.path, file.offset)
    if not num_samples:
        raise UserError(f"{entry}: found no samples")
    return Stored(_bytes_of(file), num_samples / rate, [])


def _decoded_file(node: Decoded) -> AudioFile | None:
    """Return the file of a command that gives what the file holds: no other rate or channel."""
    opened = open_compressed(node.path)
    if opened is None:
        return None
    file, closing = opened
    with closing:
        same = node.sample_rate in (None, file.sample_rate)
        return AudioFile(node.path) if same and node.channels in (None, file.num_channels) else None


def _bytes_of(file: AudioFile) -> bytes:
    with open_input(file.path) as stream:
        if not file.offset:
            return stream.read()
        stream.seek(file.offset)
        framed = framed_file(stream, stream.read(HEAD_BYTES), file.offset)
        if framed is None:
            raise UserError(
                f"{file.path}:{file.offset}: the archive does not say where the file ends; "
                "--audio-format wav or flac stores its samples"
            )
        return framed.read()


def _sixteen_bits(samples: NDArray[np.int16] | Float32) -> NDArray[np.int16]:
    if samples.dtype == np.int16:
        return samples.astype(np.int16, copy=False)
    return quantize(np.rint(samples))


def _wav(samples: NDArray[np.int16], rate: int) -> bytes:
    if samples.nbytes >= UNKNOWN_SIZE - _WAV_HEADER_BYTES:
        raise UserError(
            f"{len(samples) / rate / 3600:.1f} hours are too long for a wav file of 2 GiB; "
            "--audio-format flac stores them"
        )
    file = io.BytesIO()
    write_wav(file, samples, rate)
    return file.getvalue()


def _flac(samples: NDArray[np.int16], rate: int) -> bytes:
    import soundfile  # only where it is needed

    file = io.BytesIO()
    soundfile.write(file, samples, rate, format="FLAC", subtype="PCM_16")
    return file.getvalue()
