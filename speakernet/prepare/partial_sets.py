"""Sets that are not whole: ``<set>/missing``, which ``prepare.sh --partial true`` writes.

Its first line has counts, as ``found 12 of 5994 speakers, 48 of 1092009 utterances``; the others
are what is missing and known by name, as ``speaker id00015`` or ``recording id10001/x/00001.wav``.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from speakernet.config.errors import UserError
from speakernet.config.files import is_given, open_input
from speakernet.work.files import open_for_replace

MISSING = "missing"
_COUNTS = re.compile(
    r"found (\d{1,15}) of (\d{1,15}) speakers, (\d{1,15}) of (\d{1,15}) utterances"
)
_MAX_LINE = 200


class Found(NamedTuple):
    """How much of a set is there, and how much there is of the whole corpus."""

    speakers: int
    all_speakers: int
    utterances: int
    all_utterances: int

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing, and nothing is too much."""
        return self.speakers == self.all_speakers and self.utterances == self.all_utterances

    def __str__(self) -> str:
        return (
            f"found {self.speakers} of {self.all_speakers} speakers, "
            f"{self.utterances} of {self.all_utterances} utterances"
        )


def write_missing_table(folder: Path, found: Found, lines: Iterable[str]) -> None:
    """Write the table of a set that is not whole: counts, and ``lines`` of what is missing."""
    with open_for_replace(folder / MISSING) as file:
        file.writelines(f"{line}\n".encode() for line in (found, *lines))


def read_found(folder: Path) -> Found | None:
    """Return how much of a set is there, None if it is whole, or nothing tells.

    Raises UserError for a table that does not begin with counts.
    """
    path = folder / MISSING
    if not is_given(path):
        return None
    with open_input(path) as file:
        line = file.readline(_MAX_LINE).decode(errors="replace").strip()
    counts = _COUNTS.fullmatch(line)
    if counts is None:
        raise UserError(
            f"{path}:1: found '{line}'; expected 'found N of N speakers, N of N utterances'; "
            "stage 1 writes it (run.sh --force 1)"
        )
    return Found(*map(int, counts.groups()))


def partial_note(folder: Path) -> str:
    """Return a sentence on a set that is not whole, or nothing."""
    found = read_found(folder)
    if found is None:
        return ""
    percent = 100 * found.utterances / found.all_utterances if found.all_utterances else 0.0
    share = f" ({percent:.4g} %)" if percent else ""
    return (
        f"{folder.name} was not whole: {found.utterances:,} of {found.all_utterances:,} utterances"
        f"{share} of {found.speakers:,} of {found.all_speakers:,} speakers."
    )
