"""Going through the utterances of a data dir: ``wav.scp``, and ``segments`` where there is one."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from speakernet.config.files import is_given
from speakernet.config.numbers import parse_number
from speakernet.kaldi.characters import near_miss
from speakernet.kaldi.tables import iter_line_blocks, iter_table, read_table


class Utterance(NamedTuple):
    """An utterance, the entry of its recording, where that is written, and its part in seconds.

    problem: why its line of segments cannot be used; that concerns this utterance alone.
    """

    name: str
    entry: str
    place: str
    start_s: float | None = None
    end_s: float | None = None
    problem: str = ""


def iter_utterances(folder: str | Path) -> Iterator[Utterance]:
    """Yield the utterances of a data dir in file order; lines are read as they are needed.

    Raises UserError with file and line for lines that are malformed. Times that make no sense, and
    recordings that are not in wav.scp, are the ``problem`` of their utterance.
    """
    scp, segments = Path(folder) / "wav.scp", Path(folder) / "segments"
    if is_given(segments):
        yield from _iter_segments(scp, segments)
        return
    for number, (name, entry) in enumerate(iter_table(scp), start=1):
        yield Utterance(name, entry, f"{scp}:{number}")


def count_utterances(folder: str | Path) -> int:
    """Return the number of utterances of a data dir: lines of ``segments``, or of ``wav.scp``."""
    segments = Path(folder) / "segments"
    path = segments if is_given(segments) else Path(folder) / "wav.scp"
    return sum(len(lines) for _, lines in iter_line_blocks(path))


def _iter_segments(scp: Path, segments: Path) -> Iterator[Utterance]:
    places = {name: f"{scp}:{number}" for number, (name, _) in enumerate(iter_table(scp), start=1)}
    entries = read_table(scp)
    for number, (name, value) in enumerate(iter_table(segments, num_fields=4), start=1):
        recording, *times = value.split(" ")
        place = f"{segments}:{number}"
        if recording not in entries:
            hint = near_miss(recording, entries)
            problem = f"recording '{recording}' is not in {scp}{hint}"
            yield Utterance(name, "", place, problem=problem)
            continue
        start, end, problem = _times(*times)
        yield Utterance(
            name, entries[recording], place if problem else places[recording], start, end, problem
        )


def _times(start_text: str, end_text: str) -> tuple[float, float, str]:
    """Return start and end in seconds, and what is wrong with them."""
    found = f"found '{start_text} {end_text}'"
    try:
        start, end = parse_number(start_text), parse_number(end_text)
    except ValueError:
        return 0.0, 0.0, f"{found}; expected two times in seconds"
    if start < 0 or (end != -1 and end <= start):
        return 0.0, 0.0, f"{found}; expected 0 <= start < end"
    return start, end, ""
