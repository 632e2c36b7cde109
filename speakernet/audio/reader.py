"""Waveforms of ``wav.scp`` entries: files, shell pipelines, and Kaldi's augmentation commands.

A waveform is float32 (samples,) in the scale of 16-bit integers. ``wav-reverberate`` and ``sox``
commands that Kaldi's scripts write, and commands that only decode, are computed in this process
(``evaluator``).
"""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from speakernet.arrays import Float32
from speakernet.audio.channels import FIRST, Signal, segment_of
from speakernet.audio.evaluator import CACHE_BYTES, Evaluator
from speakernet.audio.failures import naming_utterance
from speakernet.audio.notes import Note
from speakernet.audio.parts import Length, PartReader, Recording
from speakernet.audio.rates import at_rate
from speakernet.config.errors import UserError
from speakernet.kaldi.audio_nodes import Node
from speakernet.kaldi.pipes import parse_entry
from speakernet.kaldi.wav_scp import Utterance, iter_utterances


class Reading(NamedTuple):
    """An utterance's waveform (samples,) and what is to be noted of it."""

    waveform: Float32
    notes: tuple[Note, ...]


class AudioReader:
    """Reads and computes ``wav.scp`` entries; caches recently used noises and impulse responses."""

    def __init__(
        self,
        sample_rate: int = 16000,
        *,
        channel: str = FIRST,
        cache_bytes: int = CACHE_BYTES,
        exact_parts: bool = True,
        max_open: int = 1,
    ) -> None:
        """Set up a reader at ``sample_rate`` (Hz); audio of other rates is resampled, and noted.

        ``channel``: a choice of ``choose_channel``. ``cache_bytes``: limit of the cache of noises
        and impulse responses. ``exact_parts``: False reads parts of AAC in about half the time;
        bands that AAC only says to be noise (PNS) are then other noise than in the whole.
        ``max_open``: how many recordings stay open whose parts are read.
        """
        self.sample_rate = sample_rate
        self._evaluator = Evaluator(sample_rate, channel, cache_bytes)
        # Segments follow the order of their recordings: the last one need not be read again.
        self._recording = lru_cache(maxsize=1)(self._evaluate_entry)
        self._parts = PartReader(
            sample_rate, channel, self._evaluator.evaluate, exact=exact_parts, max_open=max_open
        )

    def read(self, entry: str | Node, place: str = "") -> Float32:
        """Return the waveform (samples,) of an entry.

        Raises UserError, its message starting with ``place`` (such as ``wav.scp:12``), if the entry
        cannot be parsed, read or run.
        """
        try:
            signal = self._evaluate_entry(entry)
        except UserError as error:
            raise UserError(f"{place}: {error}" if place else str(error)) from None
        return np.asarray(signal.samples, dtype=np.float32)

    def read_utterance(self, utterance: Utterance) -> Float32:
        """Return the waveform (samples,) of an utterance; a UserError names it and its line."""
        return self.read_with_notes(utterance).waveform

    def read_with_notes(self, utterance: Utterance) -> Reading:
        """Return waveform and notes. Whatever prevents it is a UserError: one entry of a table must
        not end the work on all others.
        """
        with naming_utterance(utterance):
            return self._read_whole(utterance)

    def num_samples(self, utterance: Utterance) -> int:
        """Return how many samples ``read_utterance`` gives, from headers where they say it.

        Raises UserError as that does.
        """
        with naming_utterance(utterance):
            _, begin, end = self._parts.range_of(utterance)
            return end - begin

    def own_length(self, entry: str) -> Length:
        """Return the length of an entry at its own rate, from headers where they say it.

        Raises UserError if it cannot be parsed, read or run.
        """
        return self._parts.length(entry)

    def read_part(self, utterance: Utterance, first_sample: int, num_samples: int) -> Float32:
        """Return ``read_utterance(utterance)[first_sample : first_sample + num_samples]``, reading
        no more than that takes.

        Compressed audio, and audio at another speed or rate, may differ by one step of 16 bits.
        Raises UserError as ``read_utterance`` does.
        """
        with naming_utterance(utterance):
            return self._parts.read(utterance, first_sample, num_samples)

    def _read_whole(self, utterance: Utterance) -> Reading:
        if utterance.start_s is None or utterance.end_s is None:
            signal = self._evaluate_entry(utterance.entry)
            return Reading(np.asarray(signal.samples, dtype=np.float32), signal.notes)
        recording = self._recording(utterance.entry)
        part = segment_of(recording, utterance.start_s, utterance.end_s)
        return Reading(part, recording.notes)

    def _evaluate_entry(self, entry: str | Node) -> Signal:
        signal = self.evaluate(parse_entry(entry) if isinstance(entry, str) else entry)
        return at_rate(signal, self.sample_rate)

    def source(self, entry: str) -> Recording:
        """Return the recording of an entry, to read parts of; the last one stays open.

        Raises UserError if it cannot be parsed, read or run.
        """
        return self._parts.source(entry)

    def evaluate(self, node: Node) -> Signal:
        """Compute the signal that a parsed entry describes, at its own sample rate."""
        return self._evaluator.evaluate(node)


def read_audio(entry: str, *, sample_rate: int = 16000) -> Float32:
    """Return the waveform (samples,) of one entry of ``wav.scp``; see ``AudioReader``."""
    return AudioReader(sample_rate).read(entry)


def iter_audio(
    folder: str | Path, reader: AudioReader
) -> Iterator[tuple[str, Reading | UserError]]:
    """Yield each utterance id of a data dir with its audio, or the error that prevents it."""
    for utterance in iter_utterances(folder):
        try:
            yield utterance.name, reader.read_with_notes(utterance)
        except UserError as error:
            yield utterance.name, error
