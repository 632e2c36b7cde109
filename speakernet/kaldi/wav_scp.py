"""Going through the utterances of a data dir: ``wav.scp``, and ``segments`` where there is one."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from speakernet.config.errors import UserError
from speakernet.kaldi.tables import iter_line_blocks, iter_table


class Utterance(NamedTuple):
    """An utterance, the entry of its recording, where that is written, and its part in seconds."""

    name: str
    entry: str
    place: str
    start_s: float | None = None
    end_s: float | None = None


def iter_utterances(folder: str | Path) -> Iterator[Utterance]:
    """Yield the utterances of a data dir in file order; lines are read as they are needed.

    Raises UserError with file and line for lines that are malformed.
    """
    scp, segments = Path(folder) / "wav.scp", Path(folder) / "segments"
    if segments.exists():
        yield from _iter_segments(scp, segments)
        return
    for number, (name, entry) in enumerate(iter_table(scp), start=1):
        yield Utterance(name, entry, f"{scp}:{number}")


def count_utterances(folder: str | Path) -> int:
    """Return the number of utterances of a data dir: lines of ``segments``, or of ``wav.scp``."""
    segments = Path(folder) / "segments"
    path = segments if segments.exists() else Path(folder) / "wav.scp"
    return sum(len(lines) for _, lines in iter_line_blocks(path))


def _iter_segments(scp: Path, segments: Path) -> Iterator[Utterance]:
    recordings = {
        name: (entry, f"{scp}:{number}")
        for number, (name, entry) in enumerate(iter_table(scp), start=1)
    }
    for number, (name, value) in enumerate(iter_table(segments, num_fields=4), start=1):
        recording, *times = value.split()
        if recording not in recordings:
            raise UserError(f"{segments}:{number}: recording '{recording}' is not in {scp}")
        try:
            start, end = (float(time) for time in times)
        except ValueError:
            raise UserError(
                f"{segments}:{number}: found '{' '.join(times)}'; expected two times in seconds"
            ) from None
        if start < 0 or (end != -1 and end <= start):
            raise UserError(
                f"{segments}:{number}: found {start:g} to {end:g}; expected 0 <= start < end"
            )
        yield Utterance(name, *recordings[recording], start, end)
