"""Audio files of all kinds: whole, in part, or only their lengths.

A file's first bytes say what reads it: 16-bit wav files are read directly (``wav``), compressed
audio by libav (``compressed``), everything else by soundfile (``sound_files``).
"""

import io
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from typing import BinaryIO

from speakernet.audio.compressed import CompressedFile
from speakernet.audio.containers import demuxer_of
from speakernet.audio.notes import Note
from speakernet.audio.other_formats import check_whole, remedy
from speakernet.audio.sound_files import Audio, length_with_soundfile, read_with_soundfile
from speakernet.audio.wav import WavFile, find_wav, is_wav, read_wav, wav_length
from speakernet.audio.wav_header import HEAD_BYTES, tag_bytes
from speakernet.config.errors import UserError
from speakernet.config.files import open_input
from speakernet.kaldi.audio_archives import FilePart, framed_file

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
        if not is_wav(head):
            return _read_other(stream, head, offset, first_sample, max_samples)
        wav = find_wav(stream, head, offset)
        audio = read_wav(wav, first_sample, max_samples)
        return audio if wav.chunk.is_known else audio._replace(notes=(_NO_LENGTH,))


def read_audio_bytes(data: bytes) -> Audio:
    """Decode an audio file held in memory, such as the output of a command.

    Raises UserError if it is empty, truncated or cannot be decoded.
    """
    if not data:
        raise UserError("found no data")
    start = tag_bytes(data[:HEAD_BYTES])
    stream, head = io.BytesIO(data[start:]), data[start : start + HEAD_BYTES]
    try:
        if is_wav(head):
            return read_wav(find_wav(stream, head, 0))
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
        if not is_wav(head):
            if demuxer := demuxer_of(stream, head, start):
                with _compressed(stream, demuxer, start) as file:
                    return file.num_samples(), file.sample_rate
            check_whole(stream, head, start)
            return length_with_soundfile(stream)
        return wav_length(find_wav(stream, head, start))


def open_parts(
    path: str, offset: int = 0, *, exact: bool = True
) -> tuple[CompressedFile | WavFile, ExitStack] | None:
    """Open a wav file of 16 bits or one of compressed audio, with what closes it; None for others.

    ``exact``: see CompressedFile. Raises UserError as ``read_audio_file`` does.
    """
    with ExitStack() as stack:
        stream, head, start = stack.enter_context(_open(path, offset))
        if not is_wav(head):
            return _open_compressed(stack, stream, head, start, offset, exact=exact)
        wav = find_wav(stream, head, start)
        if wav.is_16_bit:
            return WavFile(wav), stack.pop_all()
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
