"""Split a data directory into parts for parallel jobs."""

from __future__ import annotations

import itertools
import json
import logging
from pathlib import Path

import numpy as np

from speakernet.arrays import Int32, Int64
from speakernet.config import UserError
from speakernet.config.files import is_given
from speakernet.kaldi.datadir.filtering import (
    copy_frame_shift,
    filter_table,
    follow_utterances,
)
from speakernet.kaldi.datadir.layout import (
    DISPENSABLE_TABLES,
    FRAME_SHIFT,
    Tables,
    existing_tables,
    utterance_tables,
)
from speakernet.kaldi.datadir.validate import check_same_ids
from speakernet.kaldi.tables import (
    check_order,
    iter_fields,
    iter_ids,
    iter_line_blocks,
    same_ids,
)
from speakernet.work.files import folder_for_replace
from speakernet.work.job_parts import job_part

logger = logging.getLogger(__name__)

_SOURCE = ".source"
_MAY_LACK = {"feats.scp", "vad.scp", *DISPENSABLE_TABLES}


def split(path: Path, num_parts: int, *, per_utt: bool = False) -> Path:
    """Split a data directory into ``path/splitN/{1..N}`` (``splitNutt`` with ``per_utt``).

    A speaker's utterances stay together unless ``per_utt``; parts are nearly equal in utterances
    and consecutive. Returns the folder of the parts. It appears when all parts are complete, and is
    left alone if it was made from the same files. Raises UserError if there are too few speakers
    (or utterances), and if a table's ids differ from utt2spk's (features and what else was
    computed may lack some).
    """
    if num_parts < 1:
        raise UserError(f"cannot split into {num_parts} parts; expected a positive number")
    tables = existing_tables(path)
    target = path / f"split{num_parts}{'utt' if per_utt else ''}"
    source = _describe(path, tables)
    if (target / _SOURCE).is_file() and (target / _SOURCE).read_text() == source:
        return target
    partial = _partial_tables(tables)
    parts = _assign(tables["utt2spk"], num_parts, per_utt)
    with folder_for_replace(target) as folder:
        folders = [folder / str(n + 1) for n in range(num_parts)]
        _write_parts(path, tables, parts, folders, partial)
        (folder / _SOURCE).write_text(source)
    return target


def _partial_tables(tables: Tables) -> set[str]:
    """Return the tables of what was computed that lack utterances: some may have failed.

    Raises UserError for a table of utterances that differs from utt2spk in any other way.
    """
    partial = set()
    for name, file in utterance_tables(tables).items():
        if same_ids(file, tables["utt2spk"]):
            continue
        ids, wanted = set(iter_ids(file)), set(iter_ids(tables["utt2spk"]))
        if name not in _MAY_LACK or not ids < wanted:
            check_same_ids(file, tables["utt2spk"])
        check_order(file)
        logger.warning("%s lacks %d utterances of utt2spk", file, len(wanted) - len(ids))
        partial.add(name)
    return partial


def _describe(path: Path, tables: Tables) -> str:
    """Return name, size and time of change of the source's files."""
    files = dict(tables)
    if is_given(path / FRAME_SHIFT):
        files[FRAME_SHIFT] = path / FRAME_SHIFT
    stats = {name: file.stat() for name, file in sorted(files.items())}
    return json.dumps({name: [stat.st_size, stat.st_mtime_ns] for name, stat in stats.items()})


def _assign(utt2spk: Path, num_parts: int, per_utt: bool) -> Int32:
    """Return the part (from 0) of each line of utt2spk."""
    codes: dict[bytes, int] = {}
    lines = iter_fields(utt2spk, num_fields=2)
    speakers = np.fromiter(
        (codes.setdefault(speaker, len(codes)) for _, (_, speaker) in lines), np.int32
    )
    num_units = len(speakers) if per_utt else len(codes)
    if num_units < num_parts:
        kind = "utterances" if per_utt else "speakers"
        hint = "" if per_utt else " (--per-utt splits inside speakers)"
        raise UserError(f"{utt2spk}: {num_units} {kind} do not fill {num_parts} parts{hint}")
    if not per_utt:
        return balance(np.bincount(speakers), num_parts)[speakers]
    parts = [job_part(range(num_units), part + 1, num_parts) for part in range(num_parts)]
    return np.repeat(np.arange(num_parts, dtype=np.int32), [len(part) for part in parts])


def balance(sizes: Int64, num_parts: int) -> Int32:
    """Return the part of each of the consecutive groups, none empty, near-equal in total size.

    For groups of one item the parts are those of ``work.job_parts.job_part``. Groups that must
    not be cut (speakers: Kaldi keeps them together) take more: one of them can be larger than a
    part ought to be, and the next parts are not to be empty for that.
    """
    middle = np.cumsum(sizes) - sizes / 2
    wanted = (middle * num_parts / sizes.sum()).astype(np.int32)
    first_allowed = np.arange(len(sizes)) - len(sizes) + num_parts
    part = -1
    parts = np.empty(len(sizes), np.int32)
    for i, (want, least) in enumerate(zip(wanted.tolist(), first_allowed.tolist(), strict=True)):
        part = max(min(max(want, part), part + 1), least)
        parts[i] = part
    return parts


def _write_parts(
    path: Path, tables: Tables, parts: Int32, folders: list[Path], partial: set[str]
) -> None:
    for folder in folders:
        folder.mkdir()
        copy_frame_shift(path, folder)
    for name, file in utterance_tables(tables).items():
        if name not in partial:
            _distribute(file, parts, [folder / name for folder in folders])
    for folder in folders:
        utterances = set(iter_ids(folder / "utt2spk")) if partial else set()
        for name in partial:
            filter_table(tables[name], folder / name, utterances)
        follow_utterances(tables, folder)


def _distribute(source: Path, parts: Int32, targets: list[Path]) -> None:
    """Append each line to the file of its part, block after block."""
    for first, lines in iter_line_blocks(source):
        block = parts[first - 1 : first - 1 + len(lines)].tolist()
        buckets: dict[int, list[bytes]] = {}
        for part, group in itertools.groupby(zip(block, lines, strict=True), key=lambda x: x[0]):
            buckets.setdefault(part, []).extend(line + b"\n" for _, line in group)
        for part, bucket in buckets.items():
            with open(targets[part], "ab") as file:
                file.writelines(bucket)
