"""Audio files of all formats but 16-bit RIFF WAVE (flac, ogg, 24-bit wav, …), through soundfile.

soundfile is imported on first use: wav files alone do not need it.
"""

import re
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from speakernet.arrays import Float32
from speakernet.audio.notes import Note
from speakernet.config.errors import UserError

# libsndfile reports at least this many samples for a flac file without a length in its header.
_UNKNOWN_LENGTH = 1 << 62
_BLOCK_SAMPLES = 1 << 20
MAX_BYTES = 2 << 30
"""More samples than this are not kept of one file or command, but refused: it may have no end."""
MISSING_S, MISSING_SHARE = 0.25, 0.02
"""How much shorter than declared, in seconds or as a share, is usual: encoders pad, containers
round."""
# The first three are raised by soundfile; the last by allocating what a damaged header asks for.
_STREAM = re.compile(r"^Error opening <[^>]*>: ")  # the stream, which says nothing to a user
_SOUNDFILE_ERRORS = (RuntimeError, TypeError, ValueError, MemoryError)


class Audio(NamedTuple):
    """Samples (num_samples, channels), int16 or float32 in int16's scale; rate in Hz; notes."""

    samples: NDArray[np.int16] | Float32
    sample_rate: int
    notes: tuple[Note, ...] = ()


def read_with_soundfile(stream: BinaryIO, first_sample: int, max_samples: int | None) -> Audio:
    """Read at most ``max_samples`` (None: all) from ``first_sample`` on.

    Raises UserError if the file cannot be decoded, is truncated, or has samples that are not
    finite.
    """
    import soundfile

    try:
        with soundfile.SoundFile(stream) as file:
            if file.frames >= _UNKNOWN_LENGTH:
                samples = _read_unknown_length(file, first_sample, max_samples)
                expected = len(samples)
            else:
                available = max(file.frames - first_sample, 0)
                expected = available if max_samples is None else min(available, max_samples)
                if first_sample:  # not all codecs can be sought in (GSM)
                    file.seek(min(first_sample, file.frames))
                samples = file.read(expected, dtype=_dtype(file), always_2d=True)
            rate = int(file.samplerate)
    except _SOUNDFILE_ERRORS as error:
        raise UserError(f"cannot be read: {_one_line(error)}") from None
    if len(samples) < expected:
        raise UserError(f"truncated: the header promises {expected}, found {len(samples)} samples")
    if not len(samples):
        raise UserError("found no samples")
    if samples.dtype == np.float32:
        with np.errstate(over="ignore"):
            samples *= np.float32(32768)
        if not np.isfinite(samples).all():
            raise UserError("found samples that are not finite numbers")
    return Audio(samples, rate)


def _dtype(file: Any) -> str:
    return "int16" if file.subtype == "PCM_16" else "float32"


def _one_line(error: Exception) -> str:
    text = " ".join(_STREAM.sub("", str(error)).split()).removesuffix(".")
    return text or type(error).__name__


def _iter_blocks(file: Any) -> Iterator[NDArray[Any]]:
    """Yield the samples of a file of unknown length."""
    # soundfile seeks after every read of a seekable file, which fails without a known length.
    file.seekable = lambda: False
    while len(block := file.read(_BLOCK_SAMPLES, dtype=_dtype(file), always_2d=True)):
        yield block


def _read_unknown_length(file: Any, first_sample: int, max_samples: int | None) -> NDArray[Any]:
    """Read block by block from the beginning, as such a file cannot be seeked in."""
    end = sys.maxsize if max_samples is None else first_sample + max_samples
    blocks = [np.empty((0, file.channels), _dtype(file))]
    position = 0
    for block in _iter_blocks(file):
        blocks.append(block[max(first_sample - position, 0) : end - position])
        position += len(block)
        if position >= end:
            break
    return np.concatenate(blocks)


def length_with_soundfile(stream: BinaryIO) -> tuple[int, int]:
    """Return (number of samples, rate in Hz); decodes the file if its header has no length.

    Raises UserError if it cannot be decoded.
    """
    import soundfile

    try:
        with soundfile.SoundFile(stream) as file:
            rate = int(file.samplerate)
            if file.frames < _UNKNOWN_LENGTH:
                return int(file.frames), rate
            return sum(map(len, _iter_blocks(file))), rate
    except _SOUNDFILE_ERRORS as error:
        raise UserError(f"cannot be read: {_one_line(error)}") from None
