"""The parts that parallel extraction jobs write, and how they become one product.

Job J of N embeds the J-th of N consecutive shares of the utterances and writes, in the folder of
the product, ``parts/J.ark``, ``parts/J.scp`` and, last, the record ``parts/J.json``, which has the
lengths of the utterances and what was noted of them.
"""

import logging
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from speakernet.arrays import Float32
from speakernet.audio.notes import TABLE, summary, write_notes
from speakernet.backend.quality import NUM_FRAMES
from speakernet.config import UserError
from speakernet.kaldi.ark import ArkWriter
from speakernet.kaldi.tables import iter_table, write_table
from speakernet.work.files import open_for_replace
from speakernet.work.record import Record, read_part_record, valid_record, write_record

logger = logging.getLogger(__name__)

MadeFrom = Mapping[str, Any]

_COPY_BYTES = 1 << 24


class Part:
    """What job ``job`` (from 1) leaves in the folder of a product."""

    def __init__(self, product: Path, job: int) -> None:
        self._folder = product / "parts"
        self._job = job

    def path(self, suffix: str) -> Path:
        """Return the path of the part's ``ark``, ``scp`` or ``json``."""
        return self._folder / f"{self._job}.{suffix}"

    def is_finished(self, made_from: MadeFrom) -> bool:
        """Return whether the part is whole and was made from ``made_from``."""
        return valid_record(self.path("json"), made_from) is not None

    def write(
        self,
        embeddings: Iterable[tuple[str, Float32]],
        num_frames: Mapping[str, int],
        notes: Mapping[str, Sequence[str]],
        made_from: MadeFrom,
    ) -> None:
        """Write embeddings (id, array), and the record with lengths and ``notes`` on utterances."""
        os.makedirs(self._folder, exist_ok=True)
        self.path("json").unlink(missing_ok=True)
        with ArkWriter(self.path("ark"), self.path("scp")) as writer:
            for name, embedding in embeddings:
                writer.write(name, embedding)
        facts = {"num_frames": num_frames, "notes": notes}
        write_record(self.path("json"), made_from, writer.files, facts)


def join_parts(folder: Path, num_jobs: int, expected: Sequence[str]) -> int:
    """Join the parts to ``embedding.ark``, ``embedding.scp`` and ``utt2num_frames``; remove them.

    Returns the number of embeddings. Raises UserError unless their ids are ``expected``, one each
    and in that order, and all parts are whole and were made from the same network and settings.
    """
    ark, scp = folder / "embedding.ark", folder / "embedding.scp"
    parts = [Part(folder, job) for job in range(1, num_jobs + 1)]
    records = _check_records(folder, parts)
    indexes = [list(iter_table(part.path("scp"))) for part in parts]
    _check_ids(folder, [name for index in indexes for name, _ in index], expected)
    lengths = _lengths(folder, records, expected)
    lines: list[tuple[str, str]] = []
    with open_for_replace(ark, fsync=True) as target:
        for part, index in zip(parts, indexes, strict=True):
            base = target.tell()
            for name, spec in index:
                offset = int(spec.rpartition(":")[2])
                lines.append((name, f"{ark}:{base + offset}"))
            with open(part.path("ark"), "rb") as source:
                shutil.copyfileobj(source, target, _COPY_BYTES)
    _note(folder, records)
    write_table(folder / NUM_FRAMES, lengths)
    write_table(scp, lines)
    shutil.rmtree(folder / "parts")
    return len(lines)


def _note(folder: Path, records: Sequence[Record]) -> None:
    """Write what was noted of utterances, and say how often."""
    notes = _facts(records, "notes")
    write_notes(folder, notes)
    if notes:
        logger.warning("%s: %s; see %s", folder, summary(notes.values()), folder / TABLE)


def _lengths(
    folder: Path, records: Sequence[Record], names: Sequence[str]
) -> list[tuple[str, str]]:
    """Return the lines of the table of lengths. Raises UserError for an utterance without one."""
    lengths = _facts(records, "num_frames")
    unknown = next((name for name in names if name not in lengths), None)
    if unknown is not None:
        raise UserError(f"{folder}/parts: the records have no length of '{unknown}'; remove them")
    return [(name, str(lengths[name])) for name in names]


def _facts(records: Sequence[Record], key: str) -> dict[str, Any]:
    """Return what all records know of utterances under ``key``."""
    return {name: fact for record in records for name, fact in record.facts.get(key, {}).items()}


def _check_records(folder: Path, parts: Sequence[Part]) -> list[Record]:
    """Return the records of the parts, which must be of one network with the same settings."""
    records = [read_part_record(part.path("json")) for part in parts]
    settings = [
        {key: value for key, value in record.made_from.items() if key != "utterances"}
        for record in records
    ]
    if any(one != settings[0] for one in settings):
        raise UserError(f"{folder}/parts: jobs used different networks or settings; remove it")
    return records


def _check_ids(folder: Path, found: Sequence[str], expected: Sequence[str]) -> None:
    if list(found) == list(expected):
        return
    missing = sorted(set(expected) - set(found))
    extra = sorted(set(found) - set(expected))
    first = f"missing: {missing[0]}" if missing else f"unexpected: {extra[0]}" if extra else ""
    raise UserError(
        f"{folder}: {len(found)} embeddings of {len(expected)} utterances; "
        f"{first or 'they are in another order'}; was utt2spk changed after the jobs had started?"
    )
