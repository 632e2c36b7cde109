"""Mend a data directory: order, repeated lines, ids that not every table has, spk2utt."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

from speakernet.config import UserError
from speakernet.kaldi.datadir.filtering import restrict
from speakernet.kaldi.datadir.layout import (
    DISPENSABLE_TABLES,
    Tables,
    existing_tables,
    recording_tables,
    speaker_tables,
    utterance_tables,
)
from speakernet.kaldi.datadir.sorting import in_order
from speakernet.kaldi.datadir.speakers import check_utt2spk, write_spk2utt
from speakernet.kaldi.tables import iter_fields, iter_ids, same_ids
from speakernet.work.files import open_for_replace, scratch_folder

logger = logging.getLogger(__name__)


def fix(path: Path) -> tuple[int, int]:
    """Sort tables, drop repeated lines and ids that not every table has, remake spk2utt.

    Durations, sessions and the like cost no utterance: such a table that lacks some leaves for
    ``.backup`` instead. Returns the numbers of utterances kept and found. What is dropped is
    logged; files that change are kept in ``.backup``; a directory in order is not touched. Raises
    UserError for what has no one remedy (an id with two different values, broken lines) and if
    nothing would be left.
    """
    with scratch_folder(path / ".fix") as work:
        tables, differing = _tables_in_order(path, work / "sorted")
        total, _ = check_utt2spk(tables["utt2spk"], spk_sort=False)
        keep = _utterances_to_keep(tables, differing)
        lacking = _lacking(tables, keep)
        tables = {name: file for name, file in tables.items() if name not in lacking}
        if keep is not None:
            if not keep:
                raise UserError(f"{path}: no utterance is in all tables; nothing would be left")
            tables = restrict(tables, _made(work / "restricted"), keep)
        _made(work / "speakers")
        write_spk2utt(tables["utt2spk"], work / "speakers" / "spk2utt")
        _replace(path, {**tables, "spk2utt": work / "speakers" / "spk2utt"})
        _put_away(path, lacking)
    return (total if keep is None else len(keep)), total


def _tables_in_order(path: Path, work: Path) -> tuple[Tables, list[Path]]:
    """Return the tables, sorted, and those whose ids ought to be utt2spk's and are not."""
    tables = existing_tables(path)
    utt2spk = tables["utt2spk"] = in_order(tables["utt2spk"], work)
    equal = {name for name, file in utterance_tables(tables).items() if same_ids(file, utt2spk)}
    for name in tables.keys() - equal:
        tables[name] = in_order(tables[name], work)
    others = {name: file for name, file in utterance_tables(tables).items() if name not in equal}
    return tables, [file for file in others.values() if not same_ids(file, utt2spk)]


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _utterances_to_keep(tables: Tables, differing: list[Path]) -> set[bytes] | None:
    """Return the utterances that all tables agree on, or None if that is all of every table."""
    utt2spk = tables["utt2spk"]
    restrictions = {f: set(iter_ids(f)) for f in differing if f.name not in DISPENSABLE_TABLES}
    if "segments" in tables:
        deciding = {
            n: f for n, f in recording_tables(tables).items() if n not in DISPENSABLE_TABLES
        }
        if deciding:
            restrictions |= _restriction(tables["segments"], 4, _common_ids(deciding))
    if speaker_tables(tables):
        restrictions |= _restriction(utt2spk, 2, _common_ids(speaker_tables(tables)))
    if not restrictions and not differing and not _unused(tables):
        return None
    keep = set(iter_ids(utt2spk))
    for file, ids in restrictions.items():
        missing = len(keep - ids)
        if missing:
            logger.warning("%s lacks %d utterances of utt2spk: dropped", file, missing)
    return keep.intersection(*restrictions.values())


def _lacking(tables: Tables, keep: set[bytes] | None) -> dict[str, int]:
    """Return the derived tables that lack some of what stays, and how many.

    Where all stays (``keep`` is None), tables of utterances lack nothing, and are not read.
    """
    wanted = {} if keep is None else dict.fromkeys(utterance_tables(tables), keep)
    if "segments" in tables:
        fields = iter_fields(tables["segments"], num_fields=4)
        recordings = {f[1] for _, f in fields if keep is None or f[0] in keep}
        wanted |= dict.fromkeys(recording_tables(tables), recordings)
    missing = {
        name: len(wanted[name].difference(iter_ids(tables[name])))
        for name in DISPENSABLE_TABLES
        if name in wanted
    }
    return {name: count for name, count in missing.items() if count}


def _common_ids(tables: Tables) -> set[bytes]:
    first, *others = (set(iter_ids(file)) for file in tables.values())
    return first.intersection(*others)


def _restriction(table: Path, num_fields: int, allowed: set[bytes]) -> dict[Path, set[bytes]]:
    """Return the utterances whose second field is allowed, or nothing if that is all of them."""
    rows = [(f[0], f[1] in allowed) for _, f in iter_fields(table, num_fields=num_fields)]
    return {} if all(good for _, good in rows) else {table: {utt for utt, good in rows if good}}


def _unused(tables: Tables) -> bool:
    """Return whether a table holds recordings or speakers that no utterance uses."""
    used = {"segments": recording_tables(tables), "utt2spk": speaker_tables(tables)}
    for name, others in used.items():
        if others:
            fields = iter_fields(tables[name], num_fields=4 if name == "segments" else 2)
            values = {field[1] for _, field in fields}
            if any(not values.issuperset(iter_ids(file)) for file in others.values()):
                return True
    return False


def _replace(path: Path, tables: Tables) -> None:
    """Write changed tables into the data directory; the old ones go to its .backup."""
    changed = {
        name: file
        for name, file in tables.items()
        if file != path / name and not _same_content(file, path / name)
    }
    for name in changed:
        if (path / name).exists():
            _back_up(path, name)
    for name, file in changed.items():
        _copy_file(file, path / name)
    if changed:
        logger.info("%s: changed %s; the old files are in .backup", path, ", ".join(changed))


def _put_away(path: Path, lacking: dict[str, int]) -> None:
    for name, count in lacking.items():
        _back_up(path, name)
        (path / name).unlink()
        logger.warning("%s lacked %d ids; it is in .backup now", path / name, count)


def _back_up(path: Path, name: str) -> None:
    (path / ".backup").mkdir(exist_ok=True)
    _copy_file(path / name, path / ".backup" / name)


def _copy_file(source: Path, target: Path) -> None:
    with open(source, "rb") as old, open_for_replace(target) as new:
        shutil.copyfileobj(old, new)


def _same_content(left: Path, right: Path) -> bool:
    if not right.exists() or left.stat().st_size != right.stat().st_size:
        return False
    with open(left, "rb") as one, open(right, "rb") as other:
        while block := one.read(1 << 20):
            if block != other.read(1 << 20):
                return False
    return True
