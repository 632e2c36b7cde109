"""Reading audio files into arrays: 16-bit RIFF WAVE directly, compressed audio through libav,
everything else through soundfile.

The direct reader is several times faster than a general library, reads only the requested samples,
and rejects what Kaldi's reader rejects: 8-bit samples and truncated files.
"""

import io
import struct
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from speakernet.audio.compressed import CompressedFile
from speakernet.audio.containers import demuxer_of
from speakernet.audio.notes import Note
from speakernet.audio.other_formats import check_whole, remedy
from speakernet.audio.sound_files import Audio, length_with_soundfile, read_with_soundfile
from speakernet.audio.wav_header import (
    HEAD_BYTES,
    PCM,
    UNKNOWN_SIZE,
    DataChunk,
    find_samples,
    tag_bytes,
)
from speakernet.config.errors import UserError
from speakernet.config.files import open_input
from speakernet.kaldi.audio_archives import FilePart, framed_file
from speakernet.work.files import write_errors

_INT16 = np.dtype("<i2")
_NO_LENGTH = Note("length", "without a length in the header")


def read_audio_file(
    path: str, *, offset: int = 0, first_sample: int = 0, max_samples: int | None = None
) -> Audio:
    """Read a wav, flac, ogg, m4a, … file that starts at byte ``offset``; ``-`` is standard input.

    Reads at most ``max_samples`` from ``first_sample`` on. Raises UserError, starting with the
    path, if the file is missing, cannot be decoded, is truncated or has no samples.
    """
    if path == "-":
        return read_audio_bytes(sys.stdin.buffer.read())
    with _open(path, offset) as (stream, head, offset):
        if not _is_wav(head):
            return _read_other(stream, head, offset, first_sample, max_samples)
        chunk = find_samples(stream, head, offset)
        audio = _read_wav(stream, head, offset, chunk, first_sample, max_samples)
        return audio if chunk.is_known else audio._replace(notes=(_NO_LENGTH,))


def read_audio_bytes(data: bytes) -> Audio:
    """Decode an audio file held in memory, such as the output of a command.

    Raises UserError if it is empty, truncated or cannot be decoded.
    """
    if not data:
        raise UserError("found no data")
    start = tag_bytes(data[:HEAD_BYTES])
    stream, head = io.BytesIO(data[start:]), data[start : start + HEAD_BYTES]
    try:
        if _is_wav(head):
            return _read_wav(stream, head, 0, find_samples(stream, head, 0), 0, None)
        return _read_other(stream, head, 0, 0, None)
    except UserError as error:
        raise UserError(f"{error}{remedy(head)}") from None


def audio_length(path: str, offset: int = 0) -> tuple[int, int]:
    """Return (number of samples, rate in Hz) of a file from its header, where that has a length.

    The audio starts at byte ``offset``.

    Raises UserError, starting with the path, if the file is missing, truncated or cannot be
    decoded.
    """
    with _open(path, offset) as (stream, head, start):
        if not _is_wav(head):
            if demuxer := demuxer_of(stream, head, start):
                with _compressed(stream, demuxer, start) as file:
                    return file.num_samples(), file.sample_rate
            check_whole(stream, head, start)
            return length_with_soundfile(stream)
        chunk = find_samples(stream, head, start)
        _check_whole(chunk)
        width = chunk.format.sample_bytes
        if width:
            return chunk.size // width, chunk.format.sample_rate
        return length_with_soundfile(_for_soundfile(stream, start, chunk))


class _Place(NamedTuple):
    """Where the samples of an open wav file are; ``head``: its first bytes, at ``offset``."""

    stream: BinaryIO
    head: bytes
    offset: int
    chunk: DataChunk


class WavFile:
    """An open wav file of 16-bit samples, of which parts are read."""

    is_declared = False

    def __init__(self, stream: BinaryIO, head: bytes, offset: int, chunk: DataChunk) -> None:
        """Read from ``stream``, which stays the caller's. Raises UserError if it is truncated."""
        _check_whole(chunk)
        self._place = _Place(stream, head, offset, chunk)
        self._size = chunk.size // chunk.format.sample_bytes
        self.sample_rate = chunk.format.sample_rate

    def num_samples(self) -> int:
        """Return how many samples there are."""
        return self._size

    def read(self, first_sample: int, max_samples: int) -> NDArray[np.int16]:
        """Return samples (num_samples, channels) from ``first_sample`` on."""
        return _read_pcm(self._place, first_sample, max_samples)


def open_parts(
    path: str, offset: int = 0, *, exact: bool = True
) -> tuple[CompressedFile | WavFile, ExitStack] | None:
    """Open a wav file of 16 bits or one of compressed audio, with what closes it; None for others.

    ``exact``: see CompressedFile. Raises UserError as ``read_audio_file`` does.
    """
    with ExitStack() as stack:
        stream, head, start = stack.enter_context(_open(path, offset))
        if not _is_wav(head):
            return _open_compressed(stack, stream, head, start, offset, exact=exact)
        chunk = find_samples(stream, head, start)
        if (chunk.format.code, chunk.format.bits) == (PCM, 16):
            return WavFile(stream, head, start, chunk), stack.pop_all()
    return None


def open_compressed(
    path: str, *, average: bool = False, exact: bool = True
) -> tuple[CompressedFile, ExitStack] | None:
    """Open compressed audio of any kind, ogg vorbis too, with what closes it; None for other files.

    ``average``, ``exact``: see CompressedFile. Raises UserError as ``read_audio_file`` does.
    """
    with ExitStack() as stack:
        opened = stack.enter_context(_open(path, 0))
        return _open_compressed(stack, *opened, 0, average=average, exact=exact, any_ogg=True)


def _open_compressed(
    stack: ExitStack,
    stream: BinaryIO,
    head: bytes,
    start: int,
    offset: int,
    *,
    any_ogg: bool = False,
    **options: bool,
) -> tuple[CompressedFile, ExitStack] | None:
    if offset and not isinstance(stream, FilePart):
        return None  # in an archive, only a frame says where it ends
    demuxer = demuxer_of(stream, head, start, any_ogg=any_ogg)
    if not demuxer:
        return None
    file = CompressedFile(stream, demuxer, **options)
    stack.callback(file.close)
    return file, stack.pop_all()


def _read_other(
    stream: BinaryIO, head: bytes, offset: int, first_sample: int, max_samples: int | None
) -> Audio:
    if demuxer := demuxer_of(stream, head, offset):
        with _compressed(stream, demuxer, offset) as file:
            if first_sample == 0 and max_samples is None:
                return file.whole()
            samples = file.read(first_sample, max_samples)
            if not len(samples):
                raise UserError("found no samples")
            return Audio(samples, file.sample_rate)
    check_whole(stream, head, offset)
    return read_with_soundfile(stream, first_sample, max_samples)


def _compressed(
    stream: BinaryIO, demuxer: str, offset: int
) -> AbstractContextManager[CompressedFile]:
    if offset:
        stream.seek(offset)
        stream = io.BytesIO(stream.read())
    return closing(CompressedFile(stream, demuxer))


def _is_wav(head: bytes) -> bool:
    return head[:4] == b"RIFF" and head[8:12] == b"WAVE"


@contextmanager
def _open(path: str, offset: int) -> Iterator[tuple[BinaryIO, bytes, int]]:
    """Open an audio file; yield it with its first bytes and the offset where these are.

    One that is in a frame of an archive is a stream of its own, with the offset 0. UserErrors of
    the block start with the path.
    """
    with open_input(path) as file:
        stream: BinaryIO = file
        head = b""
        try:
            size = stream.seek(0, io.SEEK_END)
            if offset > size:
                raise UserError(f"found {size} bytes; expected more than the offset {offset}")
            stream.seek(offset)
            head = stream.read(HEAD_BYTES)
            if framed := framed_file(stream, head, offset):
                stream, offset = framed, 0
                head = stream.read(HEAD_BYTES)
            if tag := tag_bytes(head):
                offset += tag
                stream.seek(offset)
                head = stream.read(HEAD_BYTES)
            stream.seek(offset)
            yield stream, head, offset
        except UserError as error:
            raise type(error)(f"{path}: {error}{remedy(head)}") from None
        except OSError as error:
            raise UserError(f"{path}: {error.strerror}") from None


def _check_whole(chunk: DataChunk, found: int | None = None) -> None:
    """Raise UserError if the file lacks samples; ``found``: how many it has, where known."""
    if chunk.missing:
        width = chunk.format.sample_bytes or 1
        unit = "samples" if chunk.format.sample_bytes else "bytes"
        raise UserError(
            f"truncated: the header promises {chunk.size // width} {unit}, "
            f"found {(chunk.size - chunk.missing) // width if found is None else found}"
        )


def _read_wav(
    stream: BinaryIO,
    head: bytes,
    offset: int,
    chunk: DataChunk,
    first_sample: int,
    max_samples: int | None,
) -> Audio:
    form = chunk.format
    if form.bits == 8:
        raise UserError(f"found 8-bit samples in {form.channels} channel(s); expected 16-bit")
    if (form.code, form.bits) != (PCM, 16):
        _check_whole(chunk)
        stream = _for_soundfile(stream, offset, chunk)
        return read_with_soundfile(stream, first_sample, max_samples)
    samples = _read_pcm(_Place(stream, head, offset, chunk), first_sample, max_samples)
    return Audio(samples, form.sample_rate)


def _read_pcm(place: _Place, first_sample: int, max_samples: int | None) -> NDArray[np.int16]:
    """Return samples of 16 bits (num_samples, channels)."""
    stream, head, offset, chunk = place
    channels = chunk.format.channels
    width = 2 * channels
    skipped = first_sample * width
    wanted = max(chunk.size - skipped, 0)
    if max_samples is not None:
        wanted = min(wanted, max_samples * width)
    data = _read_samples(stream, head, offset, chunk.start + skipped, wanted)
    if len(data) < wanted:
        _check_whole(chunk)
    if len(data) < width:
        raise UserError("found no samples")
    found = np.frombuffer(data, _INT16, len(data) // width * channels)
    return np.asarray(found.reshape(-1, channels), dtype=np.int16)


def _read_samples(stream: BinaryIO, head: bytes, offset: int, start: int, wanted: int) -> bytes:
    """Return ``wanted`` bytes, using what ``head`` already holds."""
    known = head[start - offset :]
    if wanted <= len(known):
        return known[:wanted]
    stream.seek(start + len(known))
    rest = stream.read(wanted - len(known))
    return known + rest if known else rest


def _for_soundfile(stream: BinaryIO, offset: int, chunk: DataChunk) -> BinaryIO:
    """Return the wav file at ``offset``, or a copy with the sizes that its header lacks."""
    stream.seek(offset)
    if chunk.is_known:
        return stream
    content = bytearray(stream.read(chunk.start + chunk.size - offset))
    for place in (4, chunk.start - offset - 4):
        struct.pack_into("<I", content, place, min(len(content) - place - 4, UNKNOWN_SIZE))
    return io.BytesIO(content)


def write_wav(target: Path | BinaryIO, samples: NDArray[np.int16], sample_rate: int) -> None:
    """Write ``samples`` (num_samples,) as a mono 16-bit wav file.

    Raises UserError if a file at a path cannot be written.
    """
    data = np.ascontiguousarray(samples, dtype="<i2").tobytes()
    header = struct.pack("<4sI4s4sIHHIIHH", b"RIFF", 36 + len(data), b"WAVE", b"fmt ", 16,
                         PCM, 1, sample_rate, 2 * sample_rate, 2, 16)  # fmt: skip
    content = header + struct.pack("<4sI", b"data", len(data)) + data
    if isinstance(target, Path):
        with write_errors(target):
            target.write_bytes(content)
    else:
        target.write(content)
