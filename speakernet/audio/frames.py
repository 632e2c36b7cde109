"""The frames of one audio stream, from the beginning of a file or from a place in it.

Damaged packets are counted and left out, and decoding goes on, as ffmpeg does.
"""

from collections.abc import Iterator
from fractions import Fraction
from itertools import chain
from typing import TYPE_CHECKING, BinaryIO

from speakernet.audio.libav import choose_stream, open_container, reason_of
from speakernet.config.errors import UserError

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame

_OPUS_HZ = 48_000


class FrameSource:
    """An open container and its audio stream.

    first, first_tick: the first frame, and its timestamp; frames: those that follow; position: the
    place of the next frame's first sample, counted from the first sample of the audio, which who
    takes frames has to keep up. complaints: what libav said; packets, damaged: how many were read,
    and not decoded.
    """

    def __init__(self, file: BinaryIO, demuxer: str, complaints: list[str]) -> None:
        """Open the container and decode the first frame; raises UserError if there is none."""
        import av

        self._error: type[Exception] = av.FFmpegError
        self.complaints = complaints
        self.demuxer = demuxer
        self.packets = self.damaged = 0
        self._ticks, self._is_first = 0, True
        file.seek(0)
        self.container = open_container(file, demuxer)
        self.stream = choose_stream(self.container)
        frames = self._decode()
        first = next(frames, None)
        if first is None:
            self.close()
            raise UserError("found no samples" + (f": {complaints[0]}" if complaints else ""))
        self.first, self.first_tick, self._is_first = first, first.pts, False
        # Exact, and for nearly all files the integer 1.
        ratio = Fraction(self.stream.time_base or 0) * first.sample_rate
        self._samples_per_tick = ratio.numerator if ratio.denominator == 1 else ratio
        self.frames: Iterator[AudioFrame] = chain([first], frames)
        self.position = -self._missed_priming()

    def close(self) -> None:
        """Free what libav holds."""
        self.container.close()

    def jump(self, sample: int) -> bool:
        """Go to a frame that begins at ``sample`` or before it; return whether that worked.

        After False the place is not known.
        """
        zero, ratio = self.first_tick, self._samples_per_tick
        if zero is None or not ratio:
            return False
        try:
            self.container.seek(zero + int(sample // ratio), stream=self.stream)
        except self._error:
            return False
        frames = self._decode()
        first = next(frames, None)
        if first is None or first.pts is None:
            return False
        self.frames = chain([first], frames)
        self.position = round((first.pts - zero) * ratio)
        return 0 <= self.position <= sample

    def _decode(self) -> Iterator["AudioFrame"]:
        decode = self.stream.codec_context.decode
        try:
            for packet in self.container.demux(self.stream):
                self.packets += 1
                if self._is_first:
                    self._ticks += packet.duration or 0
                try:
                    yield from decode(packet)
                except EOFError:
                    return
                except self._error as error:
                    self.damaged += 1
                    self.complaints.append(reason_of(error))
        except self._error as error:  # the rest of the file cannot be found
            self.complaints.append(reason_of(error))
            yield from self.stream.codec_context.decode(None)

    def _missed_priming(self) -> int:
        """Return how many samples to drop because libav takes Opus's pre-skip, which counts samples
        at 48 kHz (RFC 7845, 5.1), for one at the rate of what was encoded, in Matroska files that
        have that rate.
        """
        header = self.stream.codec_context.extradata or b""
        if self.demuxer != "matroska" or header[:8] != b"OpusHead" or len(header) < 16:
            return 0
        tick = self.stream.time_base or 0
        # The first frame is shorter by what was dropped, and by the decoder's own delay.
        missing = round(self._ticks * tick * _OPUS_HZ) - self.first.samples
        pre_skip = int.from_bytes(header[10:12], "little")
        if missing >= pre_skip:
            return 0
        input_hz = int.from_bytes(header[12:16], "little")
        return pre_skip - round(pre_skip * min(input_hz, _OPUS_HZ) / _OPUS_HZ)
