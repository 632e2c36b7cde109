"""How large sets are: by their tables or, before stage 1, by what the corpus says of itself.

``local/<corpus>/estimate_<corpus>.py`` is given the arguments of ``prepare.sh`` and prints lines
of fields with tabs between them:

    set     NAME  UTTERANCES  SPEAKERS  SECONDS  ENTRY    a set; ENTRY: of one recording, or nothing
    write   FOLDER  BYTES                                 what stage 1 puts there beside its tables
    problem TEXT                                          what stage 1 would stop at
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from speakernet.config.errors import UserError
from speakernet.config.files import is_given, read_text
from speakernet.kaldi.tables import iter_table
from speakernet.prepare.early_checks import duration_of

_NUM_SAMPLES = 4


@dataclass(frozen=True)
class SetSize:
    """A set. ``samples``: some ``wav.scp`` entries; ``versions``: utterances for each of the
    recordings that are decoded; ``augmented``: which share of the utterances has noise or a room.
    """

    utterances: int
    speakers: int
    seconds: float
    samples: tuple[str, ...] = ()
    versions: int = 1
    augmented: float = 0.0

    def with_copies(self, num_speeds: int, num_copies: int) -> "SetSize":
        """Return the set with copies at other speeds, each speaker of which is another one, and
        augmented copies of all of it.
        """
        spoken, versions = 1 + num_speeds, 1 + num_copies
        return replace(
            self,
            utterances=self.utterances * spoken * versions,
            speakers=self.speakers * spoken,
            seconds=self.seconds * spoken * versions,
            versions=versions,
            augmented=num_copies / versions,
        )


@dataclass
class CorpusEstimate:
    """What a corpus says of itself: sets by name, bytes to write by folder, problems."""

    sets: dict[str, SetSize] = field(default_factory=dict)
    writes: list[tuple[Path, int]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def read_estimate(path: Path) -> CorpusEstimate:
    """Read what ``estimate_<corpus>.py`` has printed. Raises UserError for other lines."""
    found = CorpusEstimate()
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        try:
            _add(found, line.split("\t"))
        except ValueError:
            raise UserError(
                f"{path}:{number}: found '{line[:80]}'; expected a line of set, write or problem"
            ) from None
    return found


def _add(found: CorpusEstimate, fields: list[str]) -> None:
    match fields:
        case ["set", name, utterances, speakers, seconds, entry]:
            samples = (entry,) if entry else ()
            size = SetSize(int(utterances), int(speakers), float(seconds), samples)
            if min(size.utterances, size.speakers) <= 0 or not 0 < size.seconds < math.inf:
                raise ValueError
            found.sets[name] = size
        case ["write", folder, count] if count.isdecimal() and folder:
            found.writes.append((Path(folder), int(count)))
        case ["problem", text]:
            found.problems.append(text)
        case _:
            raise ValueError


def size_of_tables(folder: Path) -> SetSize | None:
    """Return the size of a data directory, or None where there is none yet."""
    if not all(is_given(folder / name) for name in ("utt2spk", "wav.scp")):
        return None
    utterances, speakers = 0, set()
    for _, speaker in iter_table(folder / "utt2spk"):
        utterances += 1
        speakers.add(speaker)
    samples = tuple(_samples(folder / "wav.scp", utterances))
    return SetSize(utterances, len(speakers), duration_of(folder), samples)


def _samples(scp: Path, num_entries: int) -> Iterator[str]:
    step = max(1, num_entries // _NUM_SAMPLES)
    entries = (entry for _, entry in iter_table(scp))
    return islice(entries, 0, step * _NUM_SAMPLES, step)
