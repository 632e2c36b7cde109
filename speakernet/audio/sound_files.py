"""Reading what is not 16-bit RIFF WAVE, through soundfile (imported when it is needed)."""

import sys
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from speakernet.arrays import Float32
from speakernet.config.errors import UserError

# libsndfile's number of samples where a flac header does not say it.
_UNKNOWN_LENGTH = 1 << 62
_BLOCK = 1 << 20
# soundfile's own errors, and those of an array that is as large as a broken header says.
_SOUNDFILE_ERRORS = (RuntimeError, TypeError, ValueError, MemoryError)


class Audio(NamedTuple):
    """Samples (num_samples, channels), int16 or float32 in the scale of int16, and their rate."""

    samples: NDArray[np.int16] | Float32
    sample_rate: int


def read_other(stream: BinaryIO, first_sample: int, max_samples: int | None) -> Audio:
    """Read at most ``max_samples`` from ``first_sample`` on; UserError for what cannot be read."""
    import soundfile

    try:
        with soundfile.SoundFile(stream) as file:
            if file.frames >= _UNKNOWN_LENGTH:
                samples = _read_unknown_length(file, first_sample, max_samples)
                expected = len(samples)
            else:
                left = max(file.frames - first_sample, 0)
                expected = left if max_samples is None else min(left, max_samples)
                file.seek(min(first_sample, file.frames))
                samples = file.read(expected, dtype=_kind(file), always_2d=True)
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


def _kind(file: Any) -> str:
    return "int16" if file.subtype == "PCM_16" else "float32"


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _iter_blocks(file: Any) -> Iterator[NDArray[Any]]:
    """Yield the samples of a file of unknown length."""
    # soundfile seeks after every read of a file that it can seek in; here there is no end to find.
    file.seekable = lambda: False
    while len(block := file.read(_BLOCK, dtype=_kind(file), always_2d=True)):
        yield block


def _read_unknown_length(file: Any, first_sample: int, max_samples: int | None) -> NDArray[Any]:
    """Read block after block; what comes before ``first_sample`` is read, too."""
    end = sys.maxsize if max_samples is None else first_sample + max_samples
    blocks = [np.empty((0, file.channels), _kind(file))]
    position = 0
    for block in _iter_blocks(file):
        blocks.append(block[max(first_sample - position, 0) : end - position])
        position += len(block)
        if position >= end:
            break
    return np.concatenate(blocks)


def other_length(stream: BinaryIO) -> tuple[int, int]:
    """Return number of samples and rate; they are counted where the header does not know."""
    import soundfile

    try:
        with soundfile.SoundFile(stream) as file:
            rate = int(file.samplerate)
            if file.frames < _UNKNOWN_LENGTH:
                return int(file.frames), rate
            return sum(map(len, _iter_blocks(file))), rate
    except _SOUNDFILE_ERRORS as error:
        raise UserError(f"cannot be read: {_one_line(error)}") from None
