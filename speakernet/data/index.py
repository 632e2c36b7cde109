"""What a data directory holds, in NumPy columns: shared by forked workers without copies.

A million utterances take about 60 MB. Python objects per utterance would be copied page by page
into every worker, as reference counts are written to.
"""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from itertools import zip_longest
from pathlib import Path

import numpy as np
import numpy.typing as npt

from speakernet.arrays import Int32
from speakernet.config import UserError
from speakernet.kaldi.tables import iter_table



class Strings:
    """A column of strings: one block of bytes and where each ends."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._ends = array("q", [0])

    def append(self, item: str) -> None:
        """Add a string at the end."""
        self._bytes += item.encode()
        self._ends.append(len(self._bytes))

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __iter__(self) -> Iterator[str]:
        return map(self.__getitem__, range(len(self)))

    def update(self, digest: blake2b) -> None:
        """Add all strings to a hash."""
        digest.update(self._bytes)
        digest.update(self._ends)

    def __getitem__(self, index: int) -> str:
        return self._bytes[self._ends[index] : self._ends[index + 1]].decode()


class Categories:
    """A column of strings of which few are different: their numbers, sorted by name at the end."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._column = array("i")

    def append(self, item: str) -> None:
        """Add a string at the end."""
        self._column.append(self._numbers.setdefault(item, len(self._numbers)))

    def finish(self) -> tuple[tuple[str, ...], Int32]:
        """Return the names in sorted order and, for each row, its name's place there."""
        names = tuple(sorted(self._numbers))
        place = np.empty(len(names), dtype=np.int32)
        for label, name in enumerate(names):
            place[self._numbers[name]] = label
        return names, place[np.frombuffer(self._column, dtype=np.int32)]


@dataclass(frozen=True)
class Speakers:
    """The utterances of a data directory and who speaks: ``labels`` are places in ``names``."""

    ids: Strings
    labels: Int32
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.ids)

    def fingerprint(self) -> str:
        """Return a hash of who speaks in which utterances, and of their order."""
        digest = blake2b(self.labels.astype("<i4").tobytes(), digest_size=16)
        self.ids.update(digest)
        return digest.hexdigest()


def read_speakers(data_dir: Path) -> Speakers:
    """Read utt2spk; UserError if it is missing, malformed or empty."""
    ids, owners = Strings(), Categories()
    for utterance, speaker in iter_table(data_dir / "utt2spk", num_fields=2):
        ids.append(utterance)
        owners.append(speaker)
    if not len(ids):
        raise UserError(f"{data_dir}/utt2spk: is empty")
    names, labels = owners.finish()
    return Speakers(ids, labels, names)


def iter_aligned(path: Path, speakers: Speakers) -> Iterator[tuple[int, str]]:
    """Yield (line number, value) of a table that must list the utterances of ``speakers``."""
    pairs = zip_longest(iter_table(path), speakers.ids)
    for line, (entry, expected) in enumerate(pairs, start=1):
        found = None if entry is None else entry[0]
        if found != expected:
            raise UserError(
                f"{path}:{line}: {_name(found)}; utt2spk has {_name(expected)} there "
                "(utils/fix_data_dir.sh mends this)"
            )
        assert entry is not None
        yield line, entry[1]


def _name(utterance: str | None) -> str:
    return "the table ends" if utterance is None else f"utterance '{utterance}'"
