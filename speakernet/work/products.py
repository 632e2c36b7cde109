"""Products of the pipeline (folders that one command makes from its inputs) and their records.

The record of a product is ``<product>/.done``: what it was made from (made_from.py) and checksums
of its files.
"""

from __future__ import annotations

import json
import logging
import os
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType

from speakernet.config import UserError
from speakernet.work.cleaning import CLEANED, is_cleaned, is_finished
from speakernet.work.contents import digest_without_paths, replaced
from speakernet.work.files import Checksum, open_for_replace
from speakernet.work.made_from import PLACE, MadeFrom, changes
from speakernet.work.record import (
    RECORD,
    Record,
    compute_checksum,
    digest_of_text,
    integrity_errors,
    read_record,
    write_record,
)

logger = logging.getLogger(__name__)

Folders = Mapping[str, str]
_Files = Mapping[str, Checksum]
_NO_FOLDERS: Folders = MappingProxyType({})

ARCHIVES = "archives.json"
"""A record in the folder of a product that lists archives in other folders as parts of it."""


def read_product(product: Path) -> Record | None:
    """Return the product's record, or None if it was never finished."""
    return read_record(product / RECORD)


def folders_in_place(product: Path) -> Folders:
    """Return the folders in the product's record if none of them has moved; else nothing."""
    record = read_product(product)
    before = record.facts.get("folders", {}) if record else {}
    return before if all(map(os.path.exists, before.values())) else _NO_FOLDERS


def is_done(
    product: Path,
    outputs: Sequence[str],
    made_from: MadeFrom,
    folders: Folders = _NO_FOLDERS,
    needed_by: Sequence[Path] = (),
) -> bool:
    """Return whether the product is intact and was made from ``made_from``; log why if it is not.

    Its files may have been removed (see cleaning) if all that needs it, ``needed_by``, is finished.

    Where ``folders`` have moved since, the product's tables get their new paths. Raises UserError
    if a fixed input has changed.
    """
    record = read_product(product)
    if record is None:
        if (product / RECORD).exists():
            logger.info("made again: %s is no record of a product", product / RECORD)
        return False
    record = _follow_moves(product, record, folders)
    different = [*changes(record.made_from, made_from), *_other_place(record, folders)]
    reasons = [f"{line} (changed)" for line in different]
    if not reasons and is_cleaned(product):
        if needed_by and all(map(is_finished, needed_by)):
            logger.info("its files were removed (run.sh --clean), and nothing needs them; skipped")
            return True
        reasons = ["its files were removed (run.sh --clean)"]
    reasons = reasons or product_errors(product, record, outputs)
    if not reasons:
        _keep_times(product, record)
        logger.info("done before, skipped")
        return True
    if any(line.startswith("fixed inputs") for line in different):
        raise UserError(
            f"{product}: was made from other inputs: {'; '.join(reasons)}; it is kept: "
            "undo the change, make another one beside it (run.sh --exp-name NAME), or replace it "
            "(run.sh --force STAGE)"
        )
    for reason in reasons:
        logger.info("made again: %s", reason[:200])
    return False


def finish_product(
    product: Path, outputs: Sequence[str], made_from: MadeFrom, folders: Folders = _NO_FOLDERS
) -> None:
    """Write the record of a product that the command has made.

    ``outputs`` are its files, or folders of which all files count (not those of subfolders); if
    there are none, the product's folder. ``folders``: those that paths in its tables may begin
    with. Raises UserError if one is missing or empty.
    """
    for path in _missing(product, outputs):
        raise UserError(f"the command succeeded, but {path} is missing or empty")
    files = dict(_checksums(product, outputs))
    archives = dict(_archives(product, outputs))
    identity = dict(_identity(product, made_from, files, archives, folders))
    facts = {"identity": identity, "folders": dict(folders)}
    write_record(product / RECORD, made_from, files | archives, facts)
    (product / CLEANED).unlink(missing_ok=True)


def _identity(
    product: Path, made_from: MadeFrom, files: _Files, archives: _Files, folders: Folders
) -> Iterator[tuple[str, str]]:
    """Yield what identifies a product, whatever the folder and the number of jobs.

    Archives, cut by jobs, are what they were made from; other indices have no paths.
    """
    if archives:
        yield "made from", digest_of_text([json.dumps(made_from)])
    for name, checksum in sorted(files.items()):
        if name not in _indices(files):
            yield name, checksum.digest
        elif not archives:
            yield name, digest_without_paths(product / name, folders)


def _indices(files: Iterable[str]) -> list[str]:
    return [name for name in files if name.endswith(".scp")]


def _follow_moves(product: Path, record: Record, folders: Folders) -> Record:
    """Rewrite paths in a product's tables that begin with a folder which is elsewhere now."""
    before = record.facts.get("folders", {})
    moved = {old: folders.get(name, old) for name, old in before.items()}
    moved = {old: new for old, new in moved.items() if old != new and not os.path.exists(old)}
    # What is in a folder that has moved has moved with it.
    moved = {old: new for old, new in moved.items() if os.path.dirname(old) not in moved}
    if not moved or any(integrity_errors(product, record)):
        return record
    files = dict(record.files)
    _check_commands((product / name for name in _indices(files)), moved)
    for name in _indices(files):
        with open_for_replace(product / name) as file:
            file.writelines(replaced(product / name, moved))
        files[name] = file.checksum
    logger.info("follows what has moved: %s", ", ".join(f"{o} to {n}" for o, n in moved.items()))
    facts = {**record.facts, "folders": {**before, **folders}}
    return write_record(product / RECORD, record.made_from, files, facts)


def _check_commands(tables: Iterable[Path], moved: Folders) -> None:
    """Raise UserError if a new path needs quotes in a command that has none there."""
    special = {old: new for old, new in moved.items() if shlex.quote(new) != new}
    for table in tables if special else ():
        with open(table, "rb") as file:
            commands = [line for line in file if line.rstrip().endswith(b"|")]
        for old, new in special.items():
            if not all(_has_quotes(command, old, new) for command in commands):
                raise UserError(
                    f"{table}: has commands with paths in {old}, which is '{new}' now; where they "
                    "have no quotes, a path must have no blanks or other characters that a shell "
                    "treats in a special way: rename the folder, or make the table again "
                    "(run.sh --force STAGE)"
                )


def _has_quotes(command: bytes, old: str, new: str) -> bool:
    """Return whether ``old`` is behind a single quote everywhere, and ``new`` does not end it."""
    path = os.fsencode(old)
    return "'" not in new and command.count(path) == command.count(b"'" + path)


def _other_place(record: Record, folders: Folders) -> Iterator[str]:
    """Say so if the command would look in another folder, while the one before is still there."""
    before, now = (known.get(PLACE) for known in (record.facts.get("folders", {}), folders))
    if before and now and os.path.exists(before) and not os.path.samefile(before, now):
        yield f"{before} is {now} now"


def _keep_times(product: Path, record: Record) -> None:
    """Note other times of files that were found unchanged, so that they are not read each time."""
    files = {
        name: checksum._replace(mtime_ns=(product / name).stat().st_mtime_ns)
        for name, checksum in record.files.items()
    }
    if files != dict(record.files):
        with suppress(UserError):  # a folder that may not be written to
            write_record(product / RECORD, record.made_from, files, record.facts)


def product_errors(product: Path, record: Record, outputs: Sequence[str]) -> list[str]:
    """Return a message for each file of a product that is missing, empty or was changed."""
    errors = list(integrity_errors(product, record))
    return errors or [f"{path} is missing or empty" for path in _missing(product, outputs)]


def _missing(product: Path, outputs: Sequence[str]) -> Iterator[Path]:
    return (path for path in _paths(product, outputs) if not _exists(path))


def _paths(product: Path, outputs: Sequence[str]) -> list[Path]:
    return [product / name for name in outputs or (".",)]


def _exists(path: Path) -> bool:
    return any(_files_in(path)) if path.is_dir() else path.is_file() and path.stat().st_size > 0


def _files_in(folder: Path) -> Iterator[Path]:
    """Yield the files directly in a folder, except hidden, temporary and log files."""
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        is_output = not entry.name.startswith(".") and not entry.name.endswith((".tmp", ".log"))
        if is_output and entry.is_file():
            yield Path(entry.path)


def _output_files(product: Path, outputs: Sequence[str]) -> Iterator[Path]:
    for output in _paths(product, outputs):
        yield from _files_in(output) if output.is_dir() else [output]


def _checksums(product: Path, outputs: Sequence[str]) -> Iterator[tuple[str, Checksum]]:
    """Yield the files of a product, by their paths relative to its folder, and their checksums."""
    for path in _output_files(product, outputs):
        if path.name != ARCHIVES or read_record(path) is None:
            yield os.path.relpath(path, product), compute_checksum(path)


def _archives(product: Path, outputs: Sequence[str]) -> Iterator[tuple[str, Checksum]]:
    """Yield the same of archives that lie elsewhere."""
    for path in _output_files(product, outputs):
        record = read_record(path) if path.name == ARCHIVES else None
        for name, checksum in record.files.items() if record else ():
            yield os.path.relpath(path.parent / name, product), checksum
