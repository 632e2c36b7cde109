"""Products of the pipeline (folders that one command makes from its inputs) and their records.

The record of a product is ``<product>/.done``: what it was made from (made_from.py) and checksums
of its files.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from speakernet.config import UserError
from speakernet.work.files import Checksum
from speakernet.work.made_from import MadeFrom, changes
from speakernet.work.record import (
    RECORD,
    Record,
    compute_checksum,
    integrity_errors,
    read_record,
    write_record,
)

logger = logging.getLogger(__name__)

ARCHIVES = "archives.json"
"""A record in the folder of a product that lists archives in other folders as parts of it."""


def read_product(product: Path) -> Record | None:
    """Return the product's record, or None if it was never finished."""
    return read_record(product / RECORD)


def is_done(product: Path, outputs: Sequence[str], made_from: MadeFrom) -> bool:
    """Return whether the product is intact and was made from ``made_from``; log why if it is not.

    Raises UserError if a fixed input has changed.
    """
    record = read_product(product)
    if record is None:
        return False
    different = list(changes(record.made_from, made_from))
    reasons = [f"{line} (changed)" for line in different]
    reasons = reasons or product_errors(product, record, outputs)
    if not reasons:
        logger.info("done before, skipped")
        return True
    if any(line.startswith("fixed inputs") for line in different):
        raise UserError(
            f"{product}: was made from other inputs: {'; '.join(reasons)}; it is kept: "
            "undo the change, or make another one beside it (run.sh --exp DIR)"
        )
    for reason in reasons:
        logger.info("made again: %s", reason[:200])
    return False


def finish_product(product: Path, outputs: Sequence[str], made_from: MadeFrom) -> None:
    """Write the record of a product that the command has made.

    ``outputs`` are its files, or folders of which all files count (not those of subfolders); if
    there are none, the product's folder. Raises UserError if one is missing or empty.
    """
    for path in _missing(product, outputs):
        raise UserError(f"the command succeeded, but {path} is missing or empty")
    write_record(product / RECORD, made_from, dict(_checksums(product, outputs)))


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


def _checksums(product: Path, outputs: Sequence[str]) -> Iterator[tuple[str, Checksum]]:
    """Yield the files of a product, by their paths relative to its folder, and their checksums."""
    for output in _paths(product, outputs):
        for path in _files_in(output) if output.is_dir() else [output]:
            archives = read_record(path) if path.name == ARCHIVES else None
            if archives is None:
                yield os.path.relpath(path, product), compute_checksum(path)
                continue
            for name, checksum in archives.files.items():
                yield os.path.relpath(path.parent / name, product), checksum
