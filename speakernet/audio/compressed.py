"""Compressed audio (m4a, mp3, opus, webm, wma, …) decoded in the process, in whole or in part.

Samples are those of ``ffmpeg -i FILE -f wav -acodec pcm_s16le -``: what an encoder put before the
first sample (priming) and after the last (padding) is cut off where the file says how much it is.
A part is decoded from the file's beginning, or after a jump so far before the part that the decoder
has forgotten what it did not see; docs/numerics.md has the measurements.
"""

import sys
from functools import cached_property
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from speakernet.audio.frames import FrameSource
from speakernet.audio.libav import FrameJoiner, UnsupportedError, listening
from speakernet.audio.notes import Note, decoding_note
from speakernet.audio.sound_files import MAX_BYTES, MISSING_S, MISSING_SHARE, Audio
from speakernet.config.errors import UserError

_AAC_FRAME = 1024
_OPUS_HZ = 48_000
_BLOCK_FRAMES = 1024
_KEPT_BYTES = 64 << 20
# ffmpeg gives up if more of the packets are damaged.
_MAX_DAMAGED_SHARE = 2 / 3
# Containers whose duration is written in them; that of others is guessed from their size.
_DECLARING = ("mp4", "matroska", "asf", "ogg")


class _Jump(NamedTuple):
    """Samples to decode before a part, and from how many skipped ones on that is faster."""

    preroll: int
    worth: int


# AAC may fill bands with noise that depends on all frames before (PNS): that is followed as long as
# it is cheap. mp3: a frame may use bits of the 11 before. Opus predicts from frame to frame.
_JUMPS = {
    ("mp4", "aac"): _Jump(4 * _AAC_FRAME, 480_000),
    ("mp3", "mp3float"): _Jump(16 * 1152, 1152),
    ("ogg", "opus"): _Jump(_OPUS_HZ, 3 * _OPUS_HZ),
}
# All but PNS depends on one frame before.
_QUICK_JUMP = _Jump(2 * _AAC_FRAME, 2 * _AAC_FRAME)


class CompressedFile:
    """An open file of compressed audio, which can be read several times.

    is_declared: ``num_samples`` came from the header.
    """

    def __init__(
        self, stream: BinaryIO, demuxer: str, *, average: bool = False, exact: bool = True
    ) -> None:
        """Open the audio in ``stream``, which stays the caller's.

        ``average``: of its channels. ``exact``: False to jump in AAC wherever that is faster, as
        ``AudioReader`` explains.
        Raises UserError if there is no audio or it cannot be decoded, UnsupportedError for what
        only the ffmpeg program handles.
        """
        self._file, self._demuxer, self._average = stream, demuxer, average
        self._exact = exact
        self._complaints: list[str] = []
        self._kept: NDArray[np.int16] | None = None
        self._length: int | None = None
        self.is_declared = False
        with listening(self._complaints):
            self._source = FrameSource(stream, demuxer, self._complaints)
        first = self._source.first
        self.sample_rate = int(first.sample_rate)
        channels = first.layout.nb_channels
        self.num_channels = 1 if average else channels
        if average and channels > 2:
            raise UnsupportedError("found more than two channels to average")

    def close(self) -> None:
        """Free what libav holds."""
        self._source.close()

    def num_samples(self) -> int:
        """Return how many samples ``read`` gives in all: from the header where that says it, else
        all is decoded.
        """
        if self._length is None:
            self._length = self._declared_length()
            self.is_declared = self._length is not None
        if self._length is None:
            samples = self._all()
            self._length = len(samples)
            self._kept = samples if samples.nbytes <= _KEPT_BYTES else None
        return self._length

    def read(self, first_sample: int = 0, max_samples: int | None = None) -> NDArray[np.int16]:
        """Return samples (num_samples, channels) from ``first_sample`` on, fewer at the end.

        Raises UserError if they do not end within 2 GiB, or if too much is damaged.
        """
        if self._kept is not None:
            return self._kept[first_sample:][:max_samples]
        end = None if max_samples is None else first_sample + max_samples
        with listening(self._complaints):
            self._go_to(first_sample)
            start, samples = self._collect(first_sample, end)
        return samples[first_sample - start :][:max_samples]

    def whole(self) -> Audio:
        """Return all samples, with notes of what is damaged or missing. Raises UserError as
        ``read`` does, or for a file without samples.
        """
        samples = self._all()
        source, complaints = self._source, self._complaints
        if not len(samples) or source.damaged > _MAX_DAMAGED_SHARE * source.packets:
            reason = f": {complaints[0]}" if complaints else ""
            raise UserError(
                f"found {source.damaged} of {source.packets} packets that cannot be decoded{reason}"
            )
        notes: list[Note] = []
        if complaints:
            notes = [decoding_note(complaints[0])]
        elif missing := self._missing_end(len(samples) / self.sample_rate):
            notes = [decoding_note(missing)]
        return Audio(samples, self.sample_rate, tuple(notes))

    def _all(self) -> NDArray[np.int16]:
        if self._source.position > 0:
            self._rewind()
        return self.read()

    def _rewind(self) -> None:
        self._source.close()
        self._complaints.clear()
        self._source = FrameSource(self._file, self._demuxer, self._complaints)

    def _go_to(self, sample: int) -> None:
        """Get to where decoding has to begin to give the right samples from ``sample`` on."""
        jump = self._jump()
        begin = sample - jump.preroll if jump else 0
        position = max(0, self._source.position)
        passed = begin - position if sample >= position else begin
        if jump and passed >= jump.worth:
            if self._is_regular_aac and self._source.jump_by_index(begin, _AAC_FRAME):
                return
            if self._source.jump(begin):
                return
            self._rewind()
        elif sample < position:
            self._rewind()

    def _jump(self) -> _Jump | None:
        source = self._source
        name = source.stream.codec_context.codec.name
        if name == "aac" and not self._is_regular_aac:
            return None
        if name == "aac" and not self._exact:
            return _QUICK_JUMP
        jump = _JUMPS.get((self._demuxer, name))
        return jump if jump is None or self._exact else jump._replace(worth=jump.preroll)

    def _collect(self, first: int, end: int | None) -> tuple[int, NDArray[np.int16]]:
        """Decode to ``end``; return samples, and the place of the first: ``first`` or before it."""
        joiner = FrameJoiner(self._source.first, average=self._average)
        blocks: list[NDArray[np.int16]] = []
        num_frames = num_bytes = 0
        start = position = self._source.position
        stop = sys.maxsize if end is None else end
        for frame in self._source.frames if position < stop else ():
            position += frame.samples
            if position > first:
                joiner.add(frame)
                num_frames += 1
            else:
                start = position
            if num_frames == _BLOCK_FRAMES:
                blocks.append(joiner.take())
                num_bytes += blocks[-1].nbytes
                num_frames = 0
            if num_bytes > MAX_BYTES:
                raise UserError(f"the samples do not end within {MAX_BYTES} bytes")
            if position >= stop:
                break
        self._source.position = position
        blocks.append(joiner.take())
        return start, blocks[0] if len(blocks) == 1 else np.concatenate(blocks)

    def _declared_length(self) -> int | None:
        source = self._source
        stream = source.stream
        name, tick = stream.codec_context.codec.name, stream.time_base
        if self._is_regular_aac:
            entries = stream.index_entries
            return int(entries[len(entries) - 1].timestamp) + _AAC_FRAME
        if not stream.duration or stream.start_time is None or tick is None:
            return None
        # Only a header with the encoder's delay says where the first sample is.
        if self._demuxer == "mp3" and stream.start_time > 0:
            return round(stream.duration * tick * self.sample_rate)
        if self._demuxer == "ogg" and name == "opus" and stream.start_time == 0:
            header = stream.codec_context.extradata or bytes(12)
            return int(stream.duration) - int.from_bytes(header[10:12], "little")
        return None

    @cached_property
    def _is_regular_aac(self) -> bool:
        """Return whether this is plain AAC (LC) whose index in the file has every frame, in ticks
        of samples.
        """
        source = self._source
        stream = source.stream
        if self._demuxer != "mp4" or stream.profile != "LC" or source.first_tick != 0:
            return False
        entries, tick = stream.index_entries, stream.time_base
        if tick is None or tick * self.sample_rate != 1 or not len(entries):
            return False
        begin, last = entries[0].timestamp, entries[len(entries) - 1]
        return last.timestamp - begin == (len(entries) - 1) * _AAC_FRAME and not last.is_discard

    def _missing_end(self, found_s: float) -> str:
        """Return what is to be said of a file that is shorter than it declares; else nothing."""
        source = self._source
        delays = self._demuxer == "mp3" and (source.stream.start_time or 0) > 0
        if self._demuxer not in _DECLARING and not delays:
            return ""
        declared = (source.container.duration or 0) / 1e6
        if declared - found_s <= max(MISSING_S, MISSING_SHARE * declared):
            return ""
        return f"{found_s:.2f} s of {declared:.2f} s that the file declares"
