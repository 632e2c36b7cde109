"""Waveforms of ``wav.scp`` entries: files, shell pipelines, and Kaldi's augmentation commands.

A waveform is float32 (samples,) in the scale of 16-bit integers. ``wav-reverberate`` and ``sox``
commands that Kaldi's scripts write, and commands that only decode, are computed in this process;
every ``wav-reverberate`` rounds its result to 16 bits, as Kaldi does when it pipes it on.
"""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from speakernet.arrays import Float32
from speakernet.audio.cache import FileCache
from speakernet.audio.channels import (
    FIRST,
    Signal,
    choose_channel,
    cut_or_repeat,
    pick_channel,
    segment_of,
)
from speakernet.audio.commands import run_command
from speakernet.audio.decoded import read_decoded
from speakernet.audio.failures import naming_utterance
from speakernet.audio.notes import Note
from speakernet.audio.parts import Length, PartReader, Recording
from speakernet.audio.rates import at_rate
from speakernet.audio.sound_files import Audio
from speakernet.config.errors import UserError
from speakernet.kaldi.pipes import (
    AudioFile,
    Command,
    Decoded,
    Node,
    Resampled,
    Reverberated,
    parse_entry,
)
from speakernet.kaldi.wav_scp import Utterance, iter_utterances
from speakernet.signal.resample import change_speed
from speakernet.signal.reverberate import ImpulseResponse, Noise, quantize, reverberate

_CACHE_BYTES = 256 << 20
_CACHED_RESPONSES = 128


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
        cache_bytes: int = _CACHE_BYTES,
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
        self.channel = channel
        self._noises = FileCache(cache_bytes)
        # wav.scp lists the augmented copies of a recording one after another, and segments
        # follow the order of their recordings: keeping the last one saves reading it again.
        self._sources = FileCache(1)
        self._run = lru_cache(maxsize=1)(run_command)
        self._decode = lru_cache(maxsize=1)(read_decoded)
        self._recording = lru_cache(maxsize=1)(self._evaluate_entry)
        num_responses = max(1, min(_CACHED_RESPONSES, cache_bytes >> 20))
        self._response = lru_cache(maxsize=num_responses)(self._compute_response)
        self._parts = PartReader(
            sample_rate, channel, self.evaluate, exact=exact_parts, max_open=max_open
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
        return self._evaluate(node, None, self._sources)

    def _evaluate(
        self, node: Node, channel: int | None, cache: FileCache, max_samples: int | None = None
    ) -> Signal:
        """Compute one channel of a parsed entry; ``max_samples`` may limit how much is read.

        ``channel``: None for what the reader is to choose, and to note.
        """
        if isinstance(node, AudioFile):
            return self._pick(cache.read(node, max_samples), channel, node.path, max_samples)
        if isinstance(node, Command):
            return self._pick(self._run(node.text), channel, node.text, max_samples)
        if isinstance(node, Decoded):
            return self._pick(self._decode(node), channel, node.path, max_samples)
        if isinstance(node, Resampled):
            return self._resample(node, channel, cache)
        return self._reverberate(node, channel, cache)

    def _pick(
        self, audio: Audio, channel: int | None, name: str, max_samples: int | None = None
    ) -> Signal:
        if channel is None:
            return choose_channel(audio, self.channel, name, max_samples)
        return pick_channel(audio, channel, name, max_samples)

    def _resample(self, node: Resampled, channel: int | None, cache: FileCache) -> Signal:
        signal = self._pick(cache.read(node.file), channel, node.file.path)
        if node.sample_rate not in (None, signal.sample_rate):
            return self._pick(self._run(node.text), channel, node.text)
        if node.speed == 1:
            return signal
        faster = change_speed(np.asarray(signal.samples, dtype=np.float32), node.speed)
        return signal._replace(samples=quantize(np.rint(faster)))

    def _reverberate(self, node: Reverberated, channel: int | None, cache: FileCache) -> Signal:
        options = node.options
        unchanged = not (node.additive_signals or node.impulse_response or options.volume)
        if unchanged and options.duration:
            return self._fit_to_duration(node, channel, cache)
        # 0 is what an entry has that does not say which: then the caller's choice holds.
        channel = options.input_wave_channel or channel
        source = self._evaluate(node.source, channel, cache)
        rate = source.sample_rate
        response, notes = self._room(node, rate)
        noises = []
        for signal, snr_db, start_s in zip(
            node.additive_signals, node.snrs, node.start_times, strict=True
        ):
            noise = self._noise(signal, options.noise_channel, rate)
            samples = np.asarray(noise.samples, dtype=np.float32)
            noises.append(Noise(samples, snr_db, start_s))
            notes += tuple(note for note in noise.notes if note.kind == "resampled")
        result = reverberate(
            np.asarray(source.samples, dtype=np.float32),
            rate,
            response=response,
            noises=noises,
            shift_output=options.shift_output,
            normalize_output=options.normalize_output,
            duration_s=options.duration,
            volume=options.volume,
        )
        return source._replace(samples=quantize(result), notes=(*source.notes, *notes))

    def _fit_to_duration(self, node: Reverberated, channel: int | None, cache: FileCache) -> Signal:
        """Compute ``wav-reverberate --duration`` alone: cut or repeat; read only what is needed."""
        duration, channel = node.options.duration, node.options.input_wave_channel or channel
        needed = int(duration * self.sample_rate) + 1
        signal = self._evaluate(node.source, channel, cache, needed)
        if signal.sample_rate > self.sample_rate:
            signal = self._evaluate(node.source, channel, cache)
        return cut_or_repeat(signal, duration)

    def _noise(self, node: Node, channel: int, sample_rate: int) -> Signal:
        return at_rate(self._evaluate(node, channel, self._noises), sample_rate, "noise ")

    def _room(
        self, node: Reverberated, sample_rate: int
    ) -> tuple[ImpulseResponse | None, tuple[Note, ...]]:
        if node.impulse_response is None:
            return None, ()
        return self._response(node.impulse_response, node.options.rir_channel, sample_rate)

    def _compute_response(
        self, node: Node, channel: int, sample_rate: int
    ) -> tuple[ImpulseResponse, tuple[Note, ...]]:
        signal = self._evaluate(node, channel, self._noises)
        found = at_rate(signal, sample_rate, "impulse response ")
        samples = np.asarray(found.samples, dtype=np.float32)
        notes = tuple(note for note in found.notes if note.kind == "resampled")
        return ImpulseResponse(samples * np.float32(1 / 32768)), notes


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
