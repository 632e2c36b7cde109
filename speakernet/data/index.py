"""Compact index of a data dir's utterances, shared by forked worker processes without copying.

A million utterances take about 60 MB. With one Python object per utterance instead, updating the
reference counts would make the operating system copy the pages into each worker.
"""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from itertools import zip_longest
from pathlib import Path

import numpy as np

from speakernet.arrays import Int32
from speakernet.config import UserError
from speakernet.kaldi.tables import iter_table


class StringColumn:
    """A list of strings, stored as one block of bytes and an array of offsets."""

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
        """Hash all strings."""
        digest.update(self._bytes)
        digest.update(self._ends)

    def __getitem__(self, index: int) -> str:
        return self._bytes[self._ends[index] : self._ends[index + 1]].decode()


class CategoryColumn:
    """A list of strings with few distinct values, stored as integers."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._column = array("i")

    def append(self, item: str) -> None:
        """Add a string at the end."""
        self._column.append(self._numbers.setdefault(item, len(self._numbers)))

    def finish(self) -> tuple[tuple[str, ...], Int32]:
        """Return the distinct values in sorted order and, for each row, its index in them."""
        values = tuple(sorted(self._numbers))
        labels = np.empty(len(values), dtype=np.int32)
        for label, value in enumerate(values):
            labels[self._numbers[value]] = label
        return values, labels[np.frombuffer(self._column, dtype=np.int32)]


@dataclass(frozen=True)
class UtteranceIndex:
    """The utterances of a data dir, in the order of ``utt2spk``, and their speakers.

    ids: utterance ids. labels: (utterances,), the index of each one's speaker in ``speakers``.
    speakers: speaker ids, sorted.
    """

    ids: StringColumn
    labels: Int32
    speakers: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.ids)

    def fingerprint(self) -> str:
        """Return a hash of utterance ids, speaker labels and their order."""
        digest = blake2b(self.labels.astype("<i4").tobytes(), digest_size=16)
        self.ids.update(digest)
        return digest.hexdigest()


def read_utterance_index(data_dir: Path) -> UtteranceIndex:
    """Read ``utt2spk``. Raises UserError if it is missing, malformed or empty."""
    ids, speakers = StringColumn(), CategoryColumn()
    for utterance, speaker in iter_table(data_dir / "utt2spk", num_fields=2):
        ids.append(utterance)
        speakers.append(speaker)
    if not len(ids):
        raise UserError(f"{data_dir}/utt2spk: is empty")
    names, labels = speakers.finish()
    return UtteranceIndex(ids, labels, names)


def iter_aligned(path: Path, utterances: UtteranceIndex) -> Iterator[tuple[int, str]]:
    """Yield (line number, value) of a table with the same utterances as ``utterances``.

    Raises UserError at the first line where the two differ.
    """
    pairs = zip_longest(iter_table(path), utterances.ids)
    for line, (entry, expected) in enumerate(pairs, start=1):
        found = None if entry is None else entry[0]
        if found != expected:
            raise UserError(
                f"{path}:{line}: {_describe(found)}; utt2spk has {_describe(expected)} there; "
                "utils/fix_data_dir.sh makes them agree"
            )
        assert entry is not None
        yield line, entry[1]


def _describe(utterance: str | None) -> str:
    return "the table ends" if utterance is None else f"utterance '{utterance}'"
