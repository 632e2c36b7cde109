"""Write a data directory's tables restricted to some of its utterances, and consistent again."""

from __future__ import annotations

import shutil
from collections.abc import Set as AbstractSet
from pathlib import Path

from speakernet.config import UserError
from speakernet.config.files import is_given
from speakernet.kaldi.datadir.layout import (
    FRAME_SHIFT,
    Tables,
    existing_tables,
    recording_tables,
    speaker_tables,
    utterance_tables,
)
from speakernet.kaldi.datadir.speakers import write_spk2utt
from speakernet.kaldi.tables import iter_columns, iter_line_blocks
from speakernet.work.files import open_for_replace


def filter_table(source: Path, target: Path, ids: AbstractSet[bytes]) -> None:
    """Write the lines whose id is among ``ids``. Raises UserError for an empty line."""
    with open_for_replace(target) as file:
        for first, lines in iter_line_blocks(source):
            keys = [line.split(None, 1)[:1] for line in lines]
            if [] in keys:
                raise UserError(f"{source}:{first + keys.index([])}: the line is empty")
            file.writelines(
                line + b"\n" for line, (key,) in zip(lines, keys, strict=True) if key in ids
            )


def second_fields(path: Path, num_fields: int) -> set[bytes]:
    """Return the distinct second fields: the speakers of utt2spk, the recordings of segments."""
    found: set[bytes] = set()
    for _, columns in iter_columns(path, num_fields):
        found.update(columns[1])
    return found


def restrict(tables: Tables, target: Path, keep: AbstractSet[bytes]) -> Tables:
    """Write to the folder ``target`` the tables restricted to the utterances ``keep``, and spk2utt.

    Recordings and speakers that are no longer used go too. Returns the new tables.
    """
    for name, file in utterance_tables(tables).items():
        filter_table(file, target / name, keep)
    follow_utterances(tables, target)
    return {name: target / name for name in tables}


def follow_utterances(tables: Tables, target: Path) -> None:
    """Write what the utterances in the folder ``target`` use of the tables of recordings and
    speakers, and spk2utt.
    """
    if "segments" in tables:
        recordings = second_fields(target / "segments", 4)
        for name, file in recording_tables(tables).items():
            filter_table(file, target / name, recordings)
    speakers = second_fields(target / "utt2spk", 2)
    for name, file in speaker_tables(tables).items():
        filter_table(file, target / name, speakers)
    write_spk2utt(target / "utt2spk", target / "spk2utt")


def copy_frame_shift(source: Path, target: Path) -> None:
    """Copy the file that says how far frames are apart, if there is one."""
    if is_given(source / FRAME_SHIFT):
        shutil.copyfile(source / FRAME_SHIFT, target / FRAME_SHIFT)


def write_subset(source: Path, target: Path, keep: AbstractSet[bytes]) -> None:
    """Write the data directory ``source`` restricted to ``keep`` to the existing folder
    ``target``.
    """
    restrict(existing_tables(source), target, keep)
    copy_frame_shift(source, target)
