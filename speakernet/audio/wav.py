"""Reading audio files into arrays: 16-bit RIFF WAVE directly, everything else through soundfile.

The direct way is several times faster than a general library, can stop after the samples that are
wanted, and refuses what Kaldi's reader refuses: 8-bit samples and files that end too early.
"""

import io
import os
import struct
import sys
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from speakernet.audio.sound_files import Audio, other_length, read_other
from speakernet.config.errors import UserError
from speakernet.work.files import write_errors

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
# Programs that write to a pipe cannot know the length and put one of these (or zero).
_UNKNOWN_SIZE = 0x7FFFF000
_HEAD = 4096


class _Format(NamedTuple):
    code: int
    channels: int
    sample_rate: int
    bits: int


class _Layout(NamedTuple):
    """Where the samples of a wav file are: ``size`` bytes (None: to the end) from ``start``."""

    format: _Format
    start: int
    size: int | None


def read_audio_file(
    path: str, *, offset: int = 0, first_sample: int = 0, max_samples: int | None = None
) -> Audio:
    """Read a wav, flac, ogg, … file that starts at byte ``offset``.

    At most ``max_samples`` from ``first_sample`` on are read; ``-`` is standard input. Raises
    UserError, starting with the path, for a file that is missing, unreadable or too short.
    """
    if path == "-":
        return read_audio_bytes(sys.stdin.buffer.read())
    try:
        with open(path, "rb", buffering=0) as stream:
            stream.seek(offset)
            head = stream.read(_HEAD)
            if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
                return _read_wav(stream, head, offset, first_sample, max_samples)
            stream.seek(offset)
            return read_other(stream, first_sample, max_samples)
    except UserError as error:
        raise UserError(f"{path}: {error}") from None
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from None


def read_audio_bytes(data: bytes) -> Audio:
    """Read a whole file held in memory, such as the output of a command."""
    if not data:
        raise UserError("found no data")
    stream = io.BytesIO(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        return _read_wav(stream, data[:_HEAD], 0, 0, None)
    return read_other(stream, 0, None)


def audio_length(path: str) -> tuple[int, int]:
    """Return (samples, sample rate) of a file from its header, without reading the samples."""
    try:
        with open(path, "rb", buffering=0) as stream:
            head = stream.read(_HEAD)
            if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
                layout = _parse_header(stream, head, 0)
                width = _sample_bytes(layout.format)
                if width:
                    bytes_there = os.fstat(stream.fileno()).st_size - layout.start
                    size = bytes_there if layout.size is None else min(layout.size, bytes_there)
                    return size // width, layout.format.sample_rate
                if layout.size is None:
                    return other_length(_with_sizes(stream, 0, layout.start))
            stream.seek(0)
            return other_length(stream)
    except UserError as error:
        raise UserError(f"{path}: {error}") from None
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from None


def _sample_bytes(form: _Format) -> int:
    """Return the bytes of a sample of all channels, or 0 where samples are coded in blocks."""
    plain = form.code in (_PCM, _FLOAT) and form.bits in (8, 16, 24, 32, 64)
    return form.channels * form.bits // 8 if plain else 0


def _read_wav(
    stream: BinaryIO, head: bytes, offset: int, first_sample: int, max_samples: int | None
) -> Audio:
    layout = _parse_header(stream, head, offset)
    form = layout.format
    if form.bits == 8:
        raise UserError(f"found 8-bit samples in {form.channels} channel(s); expected 16-bit")
    if (form.code, form.bits) != (_PCM, 16):
        if layout.size is None:
            stream = _with_sizes(stream, offset, layout.start)
        else:
            stream.seek(offset)
        return read_other(stream, first_sample, max_samples)
    width = 2 * form.channels
    skipped = first_sample * width
    wanted = max(layout.size - skipped, 0) if layout.size is not None else -1
    if max_samples is not None and (wanted < 0 or wanted > max_samples * width):
        wanted = max_samples * width
    data = _read_samples(stream, head, offset, layout.start + skipped, wanted)
    if layout.size is not None and len(data) < wanted:
        raise UserError(
            f"truncated: the header promises {layout.size // width} samples, "
            f"found {first_sample + len(data) // width}"
        )
    if len(data) < width:
        raise UserError("found no samples")
    usable = data[: len(data) // width * width]
    return Audio(np.frombuffer(usable, "<i2").reshape(-1, form.channels), form.sample_rate)


def _read_samples(stream: BinaryIO, head: bytes, offset: int, start: int, wanted: int) -> bytes:
    """Return ``wanted`` bytes (-1: all) from ``start``, using what ``head`` already holds."""
    known = head[start - offset :]
    if 0 <= wanted <= len(known):
        return known[:wanted]
    stream.seek(start + len(known))
    rest = stream.read() if wanted < 0 else _read_fully(stream, wanted - len(known))
    return known + rest


def _read_fully(stream: BinaryIO, count: int) -> bytes:
    parts = []
    while count > 0 and (part := stream.read(count)):
        parts.append(part)
        count -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _parse_header(stream: BinaryIO, head: bytes, offset: int) -> _Layout:
    """Walk the chunks up to the samples; ``head`` is the start of the file at ``offset``."""
    form: _Format | None = None
    position = 12
    while True:
        if position + 8 + 40 > len(head) == _HEAD:
            return _parse_long_header(stream, offset, position, form)
        name, size = _chunk(head, position)
        if name == b"fmt ":
            form = _parse_format(head[position + 8 : position + 8 + size])
        elif name == b"data":
            return _layout(form, offset + position + 8, size)
        position += 8 + size + size % 2


def _parse_long_header(
    stream: BinaryIO, offset: int, position: int, form: _Format | None
) -> _Layout:
    """Go on where a header (with pictures or comments) is longer than the part read at once."""
    while True:
        stream.seek(offset + position)
        name, size = _chunk(stream.read(8), 0)
        if name == b"fmt ":
            form = _parse_format(stream.read(size))
        elif name == b"data":
            return _layout(form, offset + position + 8, size)
        position += 8 + size + size % 2


def _chunk(data: bytes, position: int) -> tuple[bytes, int]:
    if position + 8 > len(data):
        raise UserError("truncated: the wav header has no samples after it")
    name, size = struct.unpack_from("<4sI", data, position)
    return name, size


def _layout(form: _Format | None, start: int, size: int) -> _Layout:
    if form is None:
        raise UserError("the wav header does not say how samples are stored")
    return _Layout(form, start, None if size == 0 or size >= _UNKNOWN_SIZE else size)


def _parse_format(chunk: bytes) -> _Format:
    if len(chunk) < 16:
        raise UserError("truncated: the wav header ends early")
    code, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", chunk)
    if code == _EXTENSIBLE and len(chunk) >= 26:
        (code,) = struct.unpack_from("<H", chunk, 24)
    if not channels or not rate:
        raise UserError(f"found {channels} channels at {rate} Hz in the wav header")
    return _Format(code, channels, rate, bits)


def _with_sizes(stream: BinaryIO, offset: int, start: int) -> BinaryIO:
    """Return the wav file at ``offset`` with the sizes that its program could not write."""
    stream.seek(offset)
    content = bytearray(stream.read())
    for place in (4, start - offset - 4):
        struct.pack_into("<I", content, place, min(len(content) - place - 4, _UNKNOWN_SIZE))
    return io.BytesIO(content)


def write_wav(target: Path | BinaryIO, samples: NDArray[np.int16], sample_rate: int) -> None:
    """Write ``samples`` (num_samples,) as a mono 16-bit wav file."""
    data = np.ascontiguousarray(samples, dtype="<i2").tobytes()
    header = struct.pack("<4sI4s4sIHHIIHH", b"RIFF", 36 + len(data), b"WAVE", b"fmt ", 16,
                         _PCM, 1, sample_rate, 2 * sample_rate, 2, 16)  # fmt: skip
    content = header + struct.pack("<4sI", b"data", len(data)) + data
    if isinstance(target, Path):
        with write_errors(target):
            target.write_bytes(content)
    else:
        target.write(content)
