"""The frames of one audio stream, from the beginning of a file or from a place in it.

Damaged packets are counted and left out, and decoding goes on, as ffmpeg does.
"""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Any, BinaryIO

from speakernet.audio.libav import choose_stream, open_container, reason_of
from speakernet.config.errors import UserError

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.packet import Packet

_OPUS_HZ = 48_000
# Packets of the index that are read from the file at once: 2 s of AAC at 16 kHz and what it needs.
_READ_AT_ONCE = 40


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
        self._file = file
        self.complaints = complaints
        self.demuxer = demuxer
        self.packets = self.damaged = 0
        self._ticks, self._is_first = 0, True
        file.seek(0)
        self.container = open_container(file, demuxer)
        self.stream = choose_stream(self.container)
        frames = self._decode(self.container.demux(self.stream))
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
        frames = self._decode(self.container.demux(self.stream))
        first = next(frames, None)
        if first is None or first.pts is None:
            return False
        self.frames = chain([first], frames)
        self.position = round((first.pts - zero) * ratio)
        return 0 <= self.position <= sample

    def jump_by_index(self, sample: int, frame_samples: int) -> bool:
        """Go to the packet that begins at ``sample`` or before it; return whether that worked.

        For a stream whose index has every packet, each of ``frame_samples``, which are ticks. It
        gives the frames that ``jump`` does, in half the time: the container is not asked.
        """
        entries = self.stream.index_entries
        begin = entries[0].timestamp
        number = (sample - begin) // frame_samples
        if not 0 <= number < len(entries):
            return False
        self.position = begin + number * frame_samples
        if self.position < 0 or entries[number].timestamp != self.position:
            return False
        self.stream.codec_context.flush_buffers()
        frames, damaged = self._decode(self._indexed(number)), self.damaged
        first = next(frames, None)
        if first is None or self.damaged > damaged:
            return False
        self.frames = chain([first], frames)
        return True

    def _indexed(self, number: int) -> Iterator["Packet[Any]"]:
        """Yield the packets of the index from one on; the container's place stays as it is."""
        from av.packet import Packet

        entries = self.stream.index_entries
        for start in range(number, len(entries), _READ_AT_ONCE):
            stop = min(start + _READ_AT_ONCE, len(entries))
            block = [(e.pos, e.size) for e in map(entries.__getitem__, range(start, stop))]
            yield from map(Packet, _read_parts(self._file, block))

    def _decode(self, packets: Iterable["Packet[Any]"]) -> Iterator["AudioFrame"]:
        decode = self.stream.codec_context.decode
        try:
            for packet in packets:
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


def _read_parts(file: BinaryIO, parts: list[tuple[int, int]]) -> list[bytes]:
    """Return the parts (place, size) of a file, read at once where one follows another.

    The place in the file is libav's: it is what it was.
    """
    before = file.tell()
    begin, size = parts[0][0], sum(size for _, size in parts)
    if all(a[0] + a[1] == b[0] for a, b in pairwise(parts)):
        file.seek(begin)
        data = file.read(size)
        found = [data[place - begin : place - begin + count] for place, count in parts]
    else:
        found = []
        for place, count in parts:
            file.seek(place)
            found.append(file.read(count))
    file.seek(before)
    return found
