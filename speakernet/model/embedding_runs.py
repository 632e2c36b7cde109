"""Recordings through a packaged network, one after another; what cannot be read is reported."""

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple, get_args

from speakernet.arrays import Float32
from speakernet.audio.reader import Reading
from speakernet.backend.config import ExtractionConfig
from speakernet.backend.embedding_jobs import GPU_BATCH_FRAMES
from speakernet.backend.extraction import Extractor
from speakernet.backend.inputs import NamedArray, read_ahead
from speakernet.config import UserError
from speakernet.kaldi.wav_scp import Utterance
from speakernet.model.front_end import FrontEnd, Recording
from speakernet.model.results import Embedding, Unreadable
from speakernet.nn.models import SpeakerModel as Network
from speakernet.signal.speech_check import ProblemKind, check_speech

Check = Literal["off", "warn", "refuse"]
"""What becomes of recordings that went wrong (``signal.speech_check``): nothing, a note, or an
error where there is no speech to compare, and a note where it is clipped.
"""
CHECKS: tuple[Check, ...] = get_args(Check)


class RecordingSource(NamedTuple):
    """A recording to embed, and what it is called.

    rate: in Hz, of samples; None for others. utterance: draws the dither; the id of a data
    directory's utterance, nothing for files.
    """

    name: str
    recording: Recording | Utterance
    rate: int | None = None
    utterance: str = ""


class _Loaded(NamedTuple):
    """A source's input, and what is known of it."""

    steps: Float32
    duration_s: float
    notes: tuple[str, ...]


class EmbeddingRun:
    """Embeds the sources of one call on the device where ``network`` is."""

    def __init__(
        self, network: Network, config: ExtractionConfig, front_end: FrontEnd, check: Check
    ) -> None:
        if check not in CHECKS:
            raise UserError(f"check={check!r}: expected one of {', '.join(CHECKS)}")
        device = next(network.parameters()).device
        batch_steps = 0 if device.type == "cpu" else front_end.scale.steps(GPU_BATCH_FRAMES)
        self._extractor = Extractor(network, config, device=device, batch_steps=batch_steps)
        self._front_end, self._check = front_end, check
        self._known: dict[str, tuple[str, float, tuple[str, ...]]] = {}
        self._failed: list[Unreadable] = []

    def __call__(
        self, sources: Iterable[RecordingSource], num_readers: int
    ) -> Iterator[Embedding | Unreadable]:
        """Yield what became of each source; ``num_readers`` threads read ahead (0: none)."""
        read = read_ahead(enumerate(sources), lambda numbered: self._load(numbered[1]), num_readers)
        for key, vector in self._extractor(self._inputs(read)):
            yield from self._take_failed()
            name, duration_s, notes = self._known.pop(key)
            yield Embedding(name, vector, duration_s, notes)
        yield from self._take_failed()

    def _take_failed(self) -> list[Unreadable]:
        failed, self._failed = self._failed, []
        return failed

    def _inputs(
        self, read: Iterable[tuple[tuple[int, RecordingSource], _Loaded | Unreadable]]
    ) -> Iterator[NamedArray]:
        """Yield the inputs that there are, under keys, as two sources may have one name."""
        for (number, source), loaded in read:
            if isinstance(loaded, Unreadable):
                self._failed.append(loaded)
                continue
            key = f"{number + 1} {source.name}"
            self._known[key] = source.name, loaded.duration_s, loaded.notes
            yield key, loaded.steps

    def _load(self, source: RecordingSource) -> _Loaded | Unreadable:
        front_end = self._front_end
        try:
            reading = front_end.read(source.recording, source.rate)
            notes = (*front_end.notes(reading), *self._problems(reading))
        except UserError as error:
            return Unreadable(source.name, _naming(source.name, str(error)))
        steps = front_end(reading.waveform, source.utterance)
        duration = len(reading.waveform) / front_end.sample_rate
        if not len(steps):
            reason = (
                f"{source.name}: found {duration:.3f} s; expected the length of a frame or more"
            )
            return Unreadable(source.name, reason)
        return _Loaded(steps, duration, notes)

    def _problems(self, reading: Reading) -> list[str]:
        """Return a note of what is wrong with a recording.

        Raises UserError if it is refused, with how it was read: maybe it is another channel.
        """
        if self._check == "off":
            return []
        problem = check_speech(reading.waveform, self._front_end.sample_rate).problem
        if problem is None:
            return []
        note = f"{problem.kind.replace('_', ' ')} ({problem.reason})"
        if self._check == "refuse" and problem.kind != ProblemKind.CLIPPED:
            raise UserError(f"{', '.join([note, *map(str, reading.notes)])}; --check warn takes it")
        return [note]


def _naming(name: str, reason: str) -> str:
    return reason if reason.startswith(name) else f"{name}: {reason}"
