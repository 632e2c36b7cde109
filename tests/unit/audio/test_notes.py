"""What is noted of a waveform, and the table of notes."""

from pathlib import Path

import numpy as np
import pytest

from speakernet.audio.notes import TABLE, decoding_note, examine, read_notes, summary, write_notes

RNG = np.random.default_rng(2)
SPEECH = RNG.normal(0, 800, 16000).astype(np.float32)
LOUD = np.clip(40 * SPEECH, -32768, 32767)


@pytest.mark.parametrize(
    ("waveform", "notes"),
    [
        (SPEECH, []),
        (np.zeros(16000, np.float32), ["silent"]),
        (np.full(16000, -77, np.float32), ["silent"]),
        (RNG.integers(-1, 2, 16000).astype(np.float32), ["silent"]),
        (3 * np.sign(SPEECH), []),
        (SPEECH[:3999], ["shorter than 0.25 s (0.250 s)"]),
        (np.zeros(0, np.float32), ["shorter than 0.25 s (0.000 s)"]),
        (np.zeros(800, np.float32), ["shorter than 0.25 s (0.050 s)", "silent"]),
        (np.where(np.arange(16000) % 150 == 5, 32767, SPEECH), []),
    ],
)
def test_notes_of_a_waveform(waveform: np.ndarray, notes: list[str]) -> None:
    found = examine(waveform.astype(np.float32), len(waveform) / 16000, 0.25)
    assert [str(note) for note in found] == notes


def test_clipped() -> None:
    (note,) = examine(LOUD.astype(np.float32), 1.0, 0.25)
    share = 100 * np.mean(np.abs(LOUD) >= 32767)
    assert note.kind == "clipped" and str(note) == f"clipped ({share:.1f} % of samples)"


def test_the_table_and_its_summary(tmp_path: Path) -> None:
    message = decoding_note("[aac @ 0x5] bad;\n(worse)\tthings\0")
    assert str(message) == "decoded with errors ([aac @ 0x5] bad worse things)"
    notes = {"u1": ["silent", str(message)], "u2": ["silent"], "u3": ["shorter than 1 s (0.5 s)"]}
    write_notes(tmp_path, notes)
    assert read_notes(tmp_path) == notes
    assert summary(notes.values()) == "2 silent, 1 decoded with errors, 1 shorter than 1 s"
    write_notes(tmp_path, {})
    assert not (tmp_path / TABLE).exists() and read_notes(tmp_path) == {}
