"""The recordings of training utterances: where each one's samples are, in little memory.

``wav.scp`` stays in its file. A line of an augmented copy has some 500 bytes, five million of them
would be 2.5 GB; of each line only its place is kept, and of each utterance the number of its line.
"""

import logging
import mmap
from array import array
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from speakernet.arrays import Int64
from speakernet.config import UserError
from speakernet.data.index import UtteranceIndex
from speakernet.kaldi.tables import iter_line_blocks
from speakernet.kaldi.wav_scp import Utterance, iter_utterances

logger = logging.getLogger(__name__)
T = TypeVar("T")


class LineIndex:
    """The lines of a text file, read from it when they are asked for; shared by forked processes.

    Raises UserError as ``iter_line_blocks`` does.
    """

    def __init__(self, path: Path) -> None:
        ends = array("q", [0])
        for _, lines in iter_line_blocks(path):
            for line in lines:
                ends.append(ends[-1] + len(line) + 1)
        self._ends = np.frombuffer(ends, dtype=np.int64)
        with path.open("rb") as file:
            self._text = (
                mmap.mmap(file.fileno(), ends[-1], prot=mmap.PROT_READ) if ends[-1] else b""
            )

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, line: int) -> str:
        return self._text[self._ends[line] : self._ends[line + 1] - 1].decode()


class RecordingTable:
    """The utterances of ``wav.scp`` and, if it exists, ``segments``, by row of utt2spk.

    The constructor raises UserError if these tables do not list the same utterances in the same
    order, or a line of ``segments`` cannot be used.
    """

    def __init__(self, data_dir: Path, utterances: UtteranceIndex) -> None:
        self._ids = utterances.ids
        self._scp = data_dir / "wav.scp"
        times, lines = array("d"), array("i")
        for utterance in _iter_aligned(data_dir, utterances):
            if utterance.start_s is not None and utterance.end_s is not None:
                times.extend((utterance.start_s, utterance.end_s))
                lines.append(int(utterance.place.rpartition(":")[2]) - 1)
        self._lines = LineIndex(self._scp)
        self._times = np.frombuffer(times).reshape(-1, 2) if len(times) else None
        self._line_of = np.frombuffer(lines, dtype=np.int32)

    def __len__(self) -> int:
        return len(self._ids)

    def __getitem__(self, row: int) -> Utterance:
        line, start, end = row, None, None
        if self._times is not None:
            line = int(self._line_of[row])
            start, end = self._times[row].tolist()
        entry = self._lines[line].split(None, 1)[1].rstrip()
        return Utterance(self._ids[row], entry, f"{self._scp}:{line + 1}", start, end)


class SharedLengths:
    """Lengths of utterances in samples, found once for all processes that are forked later."""

    def __init__(self, count: int) -> None:
        memory = mmap.mmap(-1, max(8 * count, 1))
        # 0 is what is not known yet. A length is one machine word, which another process sees
        # whole or not at all.
        self._above: Int64 = np.frombuffer(memory, dtype=np.int64, count=count)

    def get(self, row: int, find: Callable[[], int]) -> int:
        """Return the length of ``row``, which ``find`` finds where it is not known yet."""
        if not self._above[row]:
            self._above[row] = find() + 1
        return int(self._above[row]) - 1


class Substitutes:
    """Reads another recording of the speaker in place of one that cannot be read.

    ``max_share``: of all utterances; more failures than that, in all processes that are forked
    later, are an error, as the first is for 0.
    """

    def __init__(self, utterances: UtteranceIndex, max_share: float) -> None:
        self._utterances = utterances
        self._allowed = max_share * len(utterances)
        memory = mmap.mmap(-1, max(len(utterances), 1))
        self._failed: npt.NDArray[np.bool_] = np.frombuffer(memory, np.bool_, len(utterances))

    def read(self, row: int, key: int, read: Callable[[int], T]) -> T:
        """Return what ``read`` makes of ``row`` or, where it fails, of one that ``key`` draws.

        Raises the UserError of ``read`` if there were too many, or no other row is left.
        """
        try:
            return read(row)
        except UserError as error:
            reason = error
            self._note(row, reason)
        for other in self._of_same_speaker(row, key):
            try:
                return read(other)
            except UserError as error:
                self._note(other, error)
        raise reason

    def _of_same_speaker(self, row: int, key: int) -> list[int]:
        labels = self._utterances.labels
        rows = np.flatnonzero(labels == labels[row])
        return [other for other in np.roll(rows, key % len(rows)).tolist() if other != row]

    def _note(self, row: int, error: UserError) -> None:
        if not self._allowed:
            raise error
        is_new = not self._failed[row]
        self._failed[row] = True
        count = int(self._failed.sum()) if is_new else 0
        if count > self._allowed:
            raise UserError(
                f"{error}; {count} of {len(self._failed)} recordings could not be read: more than "
                "--max-failed-share allows"
            ) from None
        if is_new:
            text = "%s; another recording of the speaker is read instead (%d of %d so far)"
            logger.warning(text, error, count, len(self._failed))


def _iter_aligned(data_dir: Path, utterances: UtteranceIndex) -> Iterator[Utterance]:
    """Yield the utterances of a data dir; UserError where they are not those of utt2spk."""
    row = -1
    for row, utterance in enumerate(iter_utterances(data_dir)):
        if utterance.problem:
            raise UserError(f"{utterance.place}: utterance '{utterance.name}': {utterance.problem}")
        expected = utterances.ids[row] if row < len(utterances) else None
        if utterance.name != expected:
            raise UserError(
                f"{utterance.place}: utterance '{utterance.name}'; utt2spk has "
                f"{'no more' if expected is None else repr(expected)} there"
            )
        yield utterance
    if row + 1 != len(utterances):
        raise UserError(f"{data_dir}: wav.scp ends before utterance '{utterances.ids[row + 1]}'")
