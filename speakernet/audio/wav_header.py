"""Headers of RIFF WAVE files: the format, and where the samples are.

A program that writes to a pipe does not know the size yet and leaves 0, or a very large one. Then
samples reach to the end of the file, except for chunks of tags there.
"""

import io
import re
import struct
from typing import BinaryIO, NamedTuple

from speakernet.config.errors import UserError

PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE
UNKNOWN_SIZE = 0x7FFFF000
"""From here on a size means that it was not known: sox writes this, ffmpeg 0xFFFFFFFF."""
HEAD_BYTES = 4096
"""Bytes that are read at once at the beginning: the header, and the samples of a short file."""

# Chunks that programs write behind the samples.
_TAGS = (b"LIST", b"id3 ", b"ID3 ", b"bext", b"cue ", b"smpl", b"iXML", b"_PMX", b"JUNK", b"PAD ")
_TAIL_BYTES = 1 << 20
_ID3_HEADER = 10


class Format(NamedTuple):
    """Code of the codec, number of channels, rate in Hz, bits of a sample."""

    code: int
    channels: int
    sample_rate: int
    bits: int

    @property
    def sample_bytes(self) -> int:
        """The bytes per sample of all channels, 0 for codecs that code blocks of samples."""
        fixed_size = self.code in (PCM, FLOAT) and self.bits in (8, 16, 24, 32, 64)
        return self.channels * self.bits // 8 if fixed_size else 0


class DataChunk(NamedTuple):
    """The samples of a wav file: ``size`` bytes from ``start``, as the header says (``is_known``)
    or as the end of the file and tags before it do; ``missing``: bytes that the file lacks.
    """

    format: Format
    start: int
    size: int
    is_known: bool
    missing: int = 0


def tag_bytes(head: bytes) -> int:
    """Return how many bytes of an ID3 tag are before a wav file; 0 for what is something else.

    Players skip it, and libsndfile then loses as many bytes at the end.
    """
    if head[:3] != b"ID3" or len(head) < _ID3_HEADER or max(head[6:10]) > 0x7F:
        return 0
    size = _ID3_HEADER + int("".join(f"{byte:07b}" for byte in head[6:10]), 2)
    return size if head[size : size + 4] == b"RIFF" else 0


def find_samples(stream: BinaryIO, head: bytes, offset: int) -> DataChunk:
    """Find the samples; ``head`` holds the beginning of the file, which starts at ``offset``.

    Raises UserError for a header that is cut short or does not say what is needed.
    """
    form, start, size = _parse_header(stream, head, offset)
    available = stream.seek(0, io.SEEK_END) - start
    if 0 < size < UNKNOWN_SIZE:
        return DataChunk(form, start, size, True, max(size - available, 0))
    if size == 0 and _is_chain(stream, start, available):
        return DataChunk(form, start, 0, True)
    if offset and _holds_another(stream, start):
        raise UserError("the wav header has no length, and another entry of the archive follows")
    return DataChunk(form, start, available - _trailing_tag_bytes(stream, start, available), False)


def _parse_header(stream: BinaryIO, head: bytes, offset: int) -> tuple[Format, int, int]:
    """Return the format, and start and declared size of the data chunk."""
    form: Format | None = None
    position = 12
    while True:
        if position + 8 + 40 > len(head) == HEAD_BYTES:
            return _parse_long_header(stream, offset, position, form)
        name, size = _chunk(head, position)
        if name == b"fmt ":
            form = _parse_format(head[position + 8 : position + 8 + size])
        elif name == b"data":
            return _data_chunk(form, offset + position + 8, size)
        position += 8 + size + size % 2


def _parse_long_header(
    stream: BinaryIO, offset: int, position: int, form: Format | None
) -> tuple[Format, int, int]:
    """Continue at ``position`` in a header that is longer than ``HEAD_BYTES`` (pictures, tags)."""
    while True:
        stream.seek(offset + position)
        name, size = _chunk(stream.read(8), 0)
        if name == b"fmt ":
            form = _parse_format(stream.read(size))
        elif name == b"data":
            return _data_chunk(form, offset + position + 8, size)
        position += 8 + size + size % 2


def _chunk(data: bytes, position: int) -> tuple[bytes, int]:
    if position + 8 > len(data):
        raise UserError("truncated: the wav header ends without a data chunk")
    name, size = struct.unpack_from("<4sI", data, position)
    return name, size


def _data_chunk(form: Format | None, start: int, size: int) -> tuple[Format, int, int]:
    if form is None:
        raise UserError("the wav header has no fmt chunk before its data chunk")
    return form, start, size


def _parse_format(chunk: bytes) -> Format:
    if len(chunk) < 16:
        raise UserError("truncated: the wav header ends within its fmt chunk")
    code, channels, rate, _, width, bits = struct.unpack_from("<HHIIHH", chunk)
    if code == EXTENSIBLE and len(chunk) >= 26:
        (code,) = struct.unpack_from("<H", chunk, 24)
    if not channels or not rate:
        raise UserError(f"found {channels} channels at {rate} Hz in the wav header")
    form = Format(code, channels, rate, bits)
    if form.sample_bytes not in (0, width):
        raise UserError(
            f"found samples of {width} bytes in the wav header; expected {form.sample_bytes} for "
            f"{channels} channel(s) of {bits} bits"
        )
    return form


def _holds_another(stream: BinaryIO, start: int) -> bool:
    """Return whether a wav file begins somewhere behind ``start``, as in an archive of them."""
    stream.seek(start)
    return bool(re.search(rb" RIFF.{4}WAVE", stream.read(), re.DOTALL))


def _is_chain(stream: BinaryIO, start: int, available: int) -> bool:
    """Return whether one or more whole chunks follow, to the end of the file."""
    stream.seek(start)
    position = 0
    while position + 8 <= available:
        name, size = _chunk(stream.read(8), 0)
        if not name.isascii() or not name.decode().isprintable():
            return False
        position += 8 + size + size % 2
        stream.seek(start + position)
    # The byte that pads the last chunk may be left out.
    return available > 0 and position - available in (0, 1)


def _trailing_tag_bytes(stream: BinaryIO, start: int, available: int) -> int:
    """Return how many bytes at the end of the file are chunks of tags."""
    size = min(available, _TAIL_BYTES)
    stream.seek(start + available - size)
    tail = stream.read(size)
    for place in sorted(tail.find(name) for name in _TAGS):
        if place >= 0 and _is_chain(io.BytesIO(tail[place:]), 0, size - place):
            return size - place
    return 0
