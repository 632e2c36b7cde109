"""What libav (through PyAV) is told and tells: one audio stream, its frames, messages, samples.

Samples become 16-bit as ffmpeg makes them (libswresample): floats are rounded and clipped, longer
integers cut off; an average of two channels is taken before.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from speakernet.audio.other_formats import FFMPEG_ENTRY
from speakernet.config.errors import UserError

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer

_BUFFER_BYTES = 1 << 16
_AAC_LC = 2
_DTYPES = {"flt": "f4", "dbl": "f8", "s16": "i2", "s32": "i4", "u8": "u1"}


class UnsupportedError(UserError):
    """A file that libav reads, but not in the process as ffmpeg would."""


# libav decodes a packet to complete what the header says, which takes a fifth of the time of a
# crop; of AAC (LC) nothing is missing. A decoder that is not allowed is not tried.
_HEADER_ONLY = {"codec_whitelist": "none", "probesize": "32"}


@contextmanager
def listening(complaints: list[str]) -> Iterator[None]:
    """Add what libav says of errors to ``complaints``, and nothing to standard error."""
    import av.logging

    if av.logging.get_level() is None:
        # What is said outside of this block goes to a Python logger, which is to be silent.
        logger = logging.getLogger("libav")
        logger.addHandler(logging.NullHandler())
        logger.propagate = False
        # A second file may have the same error as the first.
        av.logging.set_skip_repeated(False)
        av.logging.set_level(av.logging.ERROR)
    with av.logging.Capture() as logs:
        try:
            yield
        finally:
            # Before the errors that were raised meanwhile, which say less.
            complaints[:0] = [f"[{name}] {text.strip()}" for _, name, text in logs]


def open_container(stream: BinaryIO, demuxer: str) -> "InputContainer":
    """Open an audio file by the demuxer of its contents; raises UserError."""
    import av.logging

    if demuxer == "mp4":
        with av.logging.Capture():  # what there is to say is said again
            container = _open(stream, demuxer, _HEADER_ONLY)
        if _is_plain_aac(container):
            return container
        container.close()
        stream.seek(0)
    return _open(stream, demuxer, {})


def _is_plain_aac(container: "InputContainer") -> bool:
    """Return whether one stream is all there is, and its header says that it is AAC (LC)."""
    streams = container.streams
    if len(streams) != 1 or len(streams.audio) != 1:
        return False
    codec = streams.audio[0].codec_context
    # Five bits of the type of AAC: ISO/IEC 14496-3, 1.6.2.1.
    return codec.name == "aac" and (codec.extradata or b"\0")[0] >> 3 == _AAC_LC


def _open(stream: BinaryIO, demuxer: str, options: dict[str, str]) -> "InputContainer":
    import av

    try:
        return av.open(
            stream,
            "r",
            format=demuxer,
            options=options,
            metadata_errors="replace",
            buffer_size=_BUFFER_BYTES,
        )
    except (av.FFmpegError, ValueError, EOFError) as error:
        raise UserError(f"cannot be decoded: {reason_of(error)}") from None


def reason_of(error: Exception) -> str:
    """Return what an error of libav says, in one line."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(text.split())


def choose_stream(container: "InputContainer") -> "AudioStream":
    """Return the audio stream that ffmpeg takes: of those marked as default, else of all, the first
    with the most channels. Raises UserError if there is none.
    """
    from av.stream import Disposition

    streams = container.streams.audio
    if not streams:
        others = len(container.streams)
        raise UserError(f"found no audio among {others} stream(s); expected a stream of audio")

    def rank(stream: "AudioStream") -> tuple[bool, int]:
        return bool(stream.disposition & Disposition.default), stream.codec_context.channels

    best = max(streams, key=rank)
    # Messages are collected by the thread that decodes; a frame of audio is too short for more.
    best.codec_context.thread_count = 1
    return best


class FrameJoiner:
    """Joins frames of the rate, channels and sample format of ``first``: libav copies them, as to
    reach the samples of each from Python takes half as long as to decode it.
    """

    def __init__(self, first: "AudioFrame", *, average: bool) -> None:
        """Take no frame yet. ``average``: of two channels."""
        from av.audio.fifo import AudioFifo

        self._fifo = AudioFifo()
        self._form = (first.sample_rate, first.layout.name, first.format.name)
        self._channels = first.layout.nb_channels
        self._average = average and self._channels == 2

    def add(self, frame: "AudioFrame") -> None:
        """Append a frame, whose timestamp is lost. Raises UnsupportedError for another form."""
        form = (frame.sample_rate, frame.layout.name, frame.format.name)
        if form != self._form:
            raise UnsupportedError(
                "found another rate, other channels or another sample format within the file; as "
                f"an entry '{FFMPEG_ENTRY}' reads it"
            )
        frame.pts = None  # else gaps between them would be an error
        self._fifo.write(frame)

    def take(self) -> NDArray[np.int16]:
        """Return the samples (num_samples, channels) that were added, and forget them.

        Raises UnsupportedError for sample formats that are not known.
        """
        joined = self._fifo.read()
        if joined is None:
            return np.empty((0, 1 if self._average else self._channels), np.int16)
        data = _samples(joined, self._channels)
        return _rounded(mean_of_channels(data) if self._average else data)


def _samples(frame: "AudioFrame", channels: int) -> NDArray[Any]:
    """Return the samples (num_samples, channels) of a frame, as they are."""
    name, size = frame.format.name, frame.samples
    dtype = _DTYPES.get(name.removesuffix("p"))
    if dtype is None:
        raise UnsupportedError(f"found samples of the format {name}; expected {', '.join(_DTYPES)}")
    # A plane is a buffer, which its type does not say.
    planes: tuple[Any, ...] = frame.planes
    if not name.endswith("p") or channels == 1:
        return np.frombuffer(planes[0], dtype, size * channels).reshape(size, channels)
    return np.stack([np.frombuffer(plane, dtype, size) for plane in planes], axis=1)


def mean_of_channels(data: NDArray[Any]) -> NDArray[Any]:
    """Return the mean of two channels (num_samples, 1) of (num_samples, 2), as ffmpeg rounds it.

    Raises UnsupportedError for integers of other than 16 bits.
    """
    if data.dtype.kind == "f":
        return data.mean(axis=1, keepdims=True, dtype=data.dtype)
    if data.dtype != np.int16:
        raise UnsupportedError(f"found samples of {8 * data.itemsize} bits to average")
    total = data.sum(axis=1, keepdims=True, dtype=np.int32)
    return ((total + 1) >> 1).astype(np.int16)


def _rounded(data: NDArray[Any]) -> NDArray[np.int16]:
    if data.dtype.kind == "f":
        scaled = data * data.dtype.type(32768)
        np.rint(scaled, out=scaled)
        return np.clip(scaled, -32768, 32767, out=scaled).astype(np.int16)
    if data.dtype == np.int32:
        return (data >> 16).astype(np.int16)
    if data.dtype == np.uint8:
        return ((data.astype(np.int16) - 128) << 8).astype(np.int16)
    return data
