"""What is odd about an utterance's audio although it can be read, and the table that says so.

``utterance_notes`` beside a product has a line ``<utt> <note>; <note>`` for each utterance with
notes; a note is a text that is equal for all utterances of its kind, with details in brackets.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from speakernet.arrays import Float32
from speakernet.config.errors import UserError
from speakernet.config.files import is_given
from speakernet.kaldi.tables import read_table, write_table
from speakernet.signal.options import SpectralOptions

TABLE = "utterance_notes"

# Peak to peak, in steps of 16 bits: dither of one bit is silence, too.
_SILENT_STEPS = 2
_FULL_SCALE = 32767
_CLIPPED_SHARE = 0.01
_MAX_DETAIL = 120
_SEPARATOR = "; "


class Note(NamedTuple):
    """A note of one kind (``signal.options.NOTE_KINDS``)."""

    kind: str
    text: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.text} ({self.detail})" if self.detail else self.text


def decoding_note(message: str) -> Note:
    """Return the note of audio that was read in spite of ``message``, of one or more lines."""
    words = " ".join(re.sub(r"[^ -~]|[;()]", " ", message).split())
    return Note("errors", "decoded with errors", words[:_MAX_DETAIL])


def examine(waveform: Float32, duration_s: float, short_s: float) -> list[Note]:
    """Return notes of a waveform (samples,) in the scale of 16-bit integers.

    Silent: it varies by no more than two steps. Short: below ``short_s`` seconds. Clipped: one
    in a hundred samples or more is at full scale.
    """
    notes = []
    if duration_s < short_s:
        notes.append(Note("short", f"shorter than {short_s:g} s", f"{duration_s:.3f} s"))
    if not len(waveform):
        return notes
    low, high = float(waveform.min()), float(waveform.max())
    if high - low <= _SILENT_STEPS:
        notes.append(Note("silent", "silent"))
    elif max(high, -low) >= _FULL_SCALE:
        share = float((abs(waveform) >= _FULL_SCALE).mean())
        if share >= _CLIPPED_SHARE:
            notes.append(Note("clipped", "clipped", f"{100 * share:.1f} % of samples"))
    return notes


def accept(waveform: Float32, notes: Sequence[Note], options: SpectralOptions) -> list[str]:
    """Return all notes of a waveform (samples,), beside ``notes`` of how it was read, as texts.

    Raises UserError for a waveform that is too short for ``options`` or has a note they refuse.
    """
    duration = len(waveform) / int(options.sample_frequency)
    if duration < options.min_duration:
        raise UserError(f"found {duration:.3f} s; expected --min-duration or more")
    notes = [*notes, *examine(waveform, duration, options.short_duration)]
    for note in notes:
        if note.kind in options.refused_kinds:
            raise UserError(f"{note}; refused by --refuse={options.refuse}")
    return [str(note) for note in notes]


def write_notes(folder: Path, notes: Mapping[str, Sequence[str]]) -> None:
    """Write the table of the product ``folder``; without notes there is none."""
    (folder / TABLE).unlink(missing_ok=True)
    if notes:
        write_table(folder / TABLE, ((name, _SEPARATOR.join(some)) for name, some in notes.items()))


def read_notes(folder: Path) -> dict[str, list[str]]:
    """Return the notes of each utterance that has some; none where there is no table."""
    path = folder / TABLE
    return {k: v.split(_SEPARATOR) for k, v in read_table(path).items()} if is_given(path) else {}


def summary(notes: Iterable[Sequence[str]]) -> str:
    """Return how many utterances have which notes: ``3 silent, 1 clipped``; empty for none."""
    counts = Counter(note.partition(" (")[0] for some in notes for note in some)
    return ", ".join(f"{count} {text}" for text, count in counts.most_common())
