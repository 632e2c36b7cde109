"""Signals of parsed ``wav.scp`` entries: files, commands, and what Kaldi's augmentation computes.

Every ``wav-reverberate`` rounds its result to 16 bits, as Kaldi does when it pipes it on.
"""

from functools import lru_cache

import numpy as np

from speakernet.audio.cache import FileCache
from speakernet.audio.channels import Signal, choose_channel, cut_or_repeat, pick_channel
from speakernet.audio.commands import run_command
from speakernet.audio.decoded import read_decoded
from speakernet.audio.notes import Note
from speakernet.audio.rates import at_rate
from speakernet.audio.sound_files import Audio
from speakernet.kaldi.audio_nodes import AudioFile, Command, Decoded, Node, Resampled, Reverberated
from speakernet.signal.resample import change_speed
from speakernet.signal.reverberate import ImpulseResponse, Noise, quantize, reverberate

CACHE_BYTES = 256 << 20
"""Usual limit of the cache of noises and impulse responses."""
_CACHED_RESPONSES = 128


class Evaluator:
    """Computes what entries describe; caches recently used noises and impulse responses."""

    def __init__(self, sample_rate: int, channel: str, cache_bytes: int = CACHE_BYTES) -> None:
        """``sample_rate`` (Hz): the rate at which the signals are wanted in the end, by which the
        beginning of a noise is measured. ``channel``: a choice of ``choose_channel``.
        """
        self.sample_rate = sample_rate
        self.channel = channel
        self._noises = FileCache(cache_bytes)
        # wav.scp lists the augmented copies of a recording one after another: keeping the last
        # one saves reading it again.
        self._sources = FileCache(1)
        self._run = lru_cache(maxsize=1)(run_command)
        self._decode = lru_cache(maxsize=1)(read_decoded)
        num_responses = max(1, min(_CACHED_RESPONSES, cache_bytes >> 20))
        self._response = lru_cache(maxsize=num_responses)(self._compute_response)

    def evaluate(self, node: Node) -> Signal:
        """Return the signal that a parsed entry describes, at its own sample rate.

        Raises UserError if it cannot be read or run.
        """
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
