"""Lengths and parts of recordings, from as little of their files as that takes.

A file is read from where the part begins, at another speed or rate with the neighbours that the
filter needs. What noise or rooms were added to, or a command wrote, is computed whole and cut.
"""

import os
from collections import OrderedDict
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from speakernet.arrays import Float32, Samples
from speakernet.audio.channels import Signal, choose_channel, segment_range
from speakernet.audio.compressed import CompressedFile
from speakernet.audio.files import audio_length, open_compressed, open_parts, read_audio_file
from speakernet.audio.libav import UnsupportedError
from speakernet.audio.rates import rate_ratio
from speakernet.audio.sound_files import Audio
from speakernet.audio.wav import WavFile
from speakernet.config.errors import UserError, naming
from speakernet.kaldi.audio_nodes import AudioFile, Decoded, Node, Resampled
from speakernet.kaldi.pipes import parse_entry
from speakernet.kaldi.wav_scp import Utterance
from speakernet.signal.resample import resample_part, resampled_length, speed_ratio
from speakernet.signal.reverberate import quantize


class Recording(NamedTuple):
    """One channel of a recording: its length, its rate in Hz, and what reads from a sample to
    before another.
    """

    num_samples: int
    sample_rate: int
    read: Callable[[int, int], Samples]


class Length(NamedTuple):
    """A recording's number of samples and rate in Hz; ``is_declared``: what compressed audio says
    in its header, and nothing was decoded.
    """

    num_samples: int
    sample_rate: int
    is_declared: bool


class _Opened(NamedTuple):
    """A recording at its own rate and at the reader's, and what closes it."""

    own: Recording
    at_rate: Recording
    is_declared: bool
    closing: ExitStack


class PartReader:
    """Reads parts of recordings; the last ones stay open."""

    def __init__(
        self,
        sample_rate: int,
        channel: str,
        evaluate: Callable[[Node], Signal],
        *,
        exact: bool = True,
        max_open: int = 1,
    ) -> None:
        """Set up a reader at ``sample_rate`` (Hz) and of ``channel`` (see ``choose_channel``).

        ``evaluate``: computes what cannot be read in parts. ``exact``: see CompressedFile.
        ``max_open``: how many recordings stay open, of those that were computed only the last.
        """
        self._rate, self._channel, self._exact = sample_rate, channel, exact
        self._evaluate, self._max_open = evaluate, max_open
        self._process = 0
        self._opened: OrderedDict[str, _Opened] = OrderedDict()
        # Of those, what was computed as a whole: at most the last.
        self._whole_names: list[str] = []
        # Of the recording that is being opened.
        self._files, self._is_declared, self._is_whole = ExitStack(), False, False

    def source(self, entry: str) -> Recording:
        """Return the recording of an entry, at the reader's rate; raises UserError."""
        return self._recording(entry).at_rate

    def length(self, entry: str) -> Length:
        """Return an entry's length at its own rate; raises UserError."""
        opened = self._recording(entry)
        return Length(opened.own.num_samples, opened.own.sample_rate, opened.is_declared)

    def _recording(self, entry: str) -> _Opened:
        # A process that was forked shares the place in open files with its parent.
        if self._process != os.getpid():
            self._close(list(self._opened))
            self._whole_names = []
            self._process = os.getpid()
        if entry in self._opened:
            self._opened.move_to_end(entry)
            return self._opened[entry]
        self._close(self._whole_names)
        self._whole_names = []
        while len(self._opened) >= self._max_open:
            self._close([next(iter(self._opened))])
        self._files, self._is_declared, self._is_whole = ExitStack(), False, False
        with self._files:
            own = self._open(parse_entry(entry))
            at_rate = own if own.sample_rate == self._rate else _at_rate(own, self._rate)
            opened = _Opened(own, at_rate, self._is_declared, self._files.pop_all())
        self._opened[entry] = opened
        if self._is_whole:
            self._whole_names.append(entry)
        return opened

    def _close(self, names: Iterable[str]) -> None:
        for name in names:
            self._opened.pop(name).closing.close()

    def range_of(self, utterance: Utterance) -> tuple[Recording, int, int]:
        """Return an utterance's recording, and its begin and end there; raises UserError."""
        source = self.source(utterance.entry)
        if utterance.start_s is None or utterance.end_s is None:
            return source, 0, source.num_samples
        times = (utterance.start_s, utterance.end_s)
        return source, *segment_range(source.num_samples, self._rate, *times)

    def read(self, utterance: Utterance, first_sample: int, num_samples: int) -> Float32:
        """Return a part of an utterance (num_samples,), shorter at its end. Raises UserError."""
        source, begin, end = self.range_of(utterance)
        start, stop = min(begin + first_sample, end), min(begin + first_sample + num_samples, end)
        if start == stop:
            return np.empty(0, np.float32)
        part = source.read(start, stop)
        if len(part) < stop - start:
            raise UserError(
                f"{utterance.entry}: found {start + len(part)} samples; the header declares "
                f"{source.num_samples}"
            )
        return np.asarray(part, dtype=np.float32)

    def _open(self, node: Node) -> Recording:
        if isinstance(node, AudioFile):
            return self._file(node)
        if isinstance(node, Resampled):
            return self._resampled(node)
        if isinstance(node, Decoded):
            return self._decoded(node)
        return self._whole(node)

    def _whole(self, node: Node) -> Recording:
        signal = self._evaluate(node)
        self._is_whole = True
        return Recording(len(signal.samples), signal.sample_rate, lambda a, b: signal.samples[a:b])

    def _file(self, file: AudioFile) -> Recording:
        opened = open_parts(file.path, file.offset, exact=self._exact)
        if opened is not None:
            return self._kept(*opened, file.path)
        length, rate = audio_length(file.path, file.offset)

        def read(start: int, stop: int) -> Samples:
            audio = read_audio_file(
                file.path, offset=file.offset, first_sample=start, max_samples=stop - start
            )
            return choose_channel(audio, self._channel, file.path).samples

        return Recording(length, rate, read)

    def _kept(self, file: CompressedFile | WavFile, closing: ExitStack, path: str) -> Recording:
        """Return an open file as a recording; it stays open until the next one is read."""
        self._files.enter_context(closing)
        source = _of_file(file, path, self._channel)
        self._is_declared = file.is_declared
        return source

    def _decoded(self, node: Decoded) -> Recording:
        source = None
        with suppress(UnsupportedError):
            opened = open_compressed(node.path, average=node.channels == 1, exact=self._exact)
            source = None if opened is None else self._kept(*opened, node.path)
        if source is None:
            return self._whole(node)
        if node.sample_rate in (None, source.sample_rate):
            return source
        return _at_rate(source, node.sample_rate)

    def _resampled(self, node: Resampled) -> Recording:
        source = self._file(node.file)
        if node.sample_rate not in (None, source.sample_rate):
            return self._whole(node)
        if node.speed == 1:
            return source
        return _changed(source, speed_ratio(node.speed), source.sample_rate)


def _of_file(file: CompressedFile | WavFile, path: str, channel: str) -> Recording:
    def read(start: int, stop: int) -> Samples:
        with naming(path):
            audio = Audio(file.read(start, stop - start), file.sample_rate)
        return choose_channel(audio, channel, path).samples

    try:
        num_samples = file.num_samples()
    except UserError as error:
        raise type(error)(f"{path}: {error}") from None
    return Recording(num_samples, file.sample_rate, read)


def _at_rate(source: Recording, sample_rate: int) -> Recording:
    return _changed(source, rate_ratio(source.sample_rate, sample_rate), sample_rate)


def _changed(source: Recording, ratio: Fraction, sample_rate: int) -> Recording:
    """Return a recording with ``ratio`` times as many samples, rounded to 16 bits."""

    def inputs(start: int, stop: int) -> Float32:
        part: NDArray[Any] = source.read(start, stop)
        return np.asarray(part, dtype=np.float32)

    def read(start: int, stop: int) -> Samples:
        part = resample_part(inputs, source.num_samples, ratio, start, stop - start)
        return quantize(np.rint(part))

    return Recording(resampled_length(source.num_samples, ratio), sample_rate, read)
