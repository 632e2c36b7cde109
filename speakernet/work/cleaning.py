"""Removing what products hold once everything that is made from them is there.

A product keeps its record, which identifies its content for what was made from it, and gets a list
of the files that are gone. So later stages neither make anything again nor miss it.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from speakernet.config import UserError
from speakernet.work.files import open_for_replace
from speakernet.work.record import RECORD, Record, read_record, to_json

logger = logging.getLogger(__name__)

CLEANED = ".cleaned"
"""The name of the list of files that were removed, in the folder of a product."""


@dataclass(frozen=True)
class Removal:
    """A product whose files are to go.

    needed_by: products that are made from it, which must be there. parts: data directories beside
    it that nothing else is made from.
    """

    product: Path
    needed_by: list[Path] = field(default_factory=list)
    parts: list[Path] = field(default_factory=list)


def cleaned_files(product: Path) -> frozenset[str]:
    """Return the files of a product that were removed, by their names in its record."""
    try:
        names = json.loads((product / CLEANED).read_bytes())
    except (OSError, ValueError, RecursionError):
        return frozenset()
    return frozenset(n for n in names if isinstance(n, str)) if isinstance(names, list) else _NONE


_NONE: frozenset[str] = frozenset()


def is_cleaned(product: Path) -> bool:
    """Return whether files of a product were removed, and are not there again."""
    record = read_record(product / RECORD) if product.is_dir() else None
    return record is not None and any(_missing(product, record))


def _missing(product: Path, record: Record) -> Iterator[str]:
    cleaned = cleaned_files(product)
    return (name for name in record.files if name in cleaned and not (product / name).is_file())


def is_finished(product: Path) -> bool:
    """Return whether a product was made and its files are there, less those that were removed."""
    record, cleaned = read_record(product / RECORD), cleaned_files(product)
    return record is not None and all(
        name in cleaned or (product / name).is_file() for name in record.files
    )


def check_removals(removals: Iterable[Removal]) -> None:
    """Raise UserError if something that is made from one of the products is not finished."""
    for removal in removals:
        for path in removal.needed_by:
            if not is_finished(path):
                raise UserError(
                    f"{removal.product}: is still needed: {path}, which is made from it, is not "
                    "finished; nothing was removed: run the later stages first"
                )


def remove(removals: Sequence[Removal]) -> int:
    """Remove the files of the products; return how many bytes they had. Logs each."""
    return sum(_remove(removal) for removal in removals)


def count(removal: Removal) -> tuple[int, int]:
    """Return how many files ``remove`` would take away, and how many bytes they have."""
    product = removal.product
    record = read_record(product / RECORD)
    if record is None:
        return 0, 0
    files = [product / name for name in _names(product, record)]
    files += [file for part in _parts(removal) for file in part.rglob("*") if file.is_file()]
    return len(files), sum(file.stat().st_size for file in files)


def _remove(removal: Removal) -> int:
    product = removal.product
    record = read_record(product / RECORD)
    if record is None:
        logger.info("%s: was never made", product)
        return 0
    num_files, num_bytes = count(removal)
    names = _names(product, record)
    with open_for_replace(product / CLEANED, fsync=True) as file:  # before a file is missed
        file.write(to_json(sorted({*names, *cleaned_files(product)})))
    for name in names:
        (product / name).unlink()
    for part in _parts(removal):
        shutil.rmtree(part)
    logger.info("%s: removed %d files, %s", product, num_files, size_text(num_bytes))
    return num_bytes


def _names(product: Path, record: Record) -> list[str]:
    """Return the archives beside a product that are there, or else all of its files."""
    beside = [name for name in record.files if name.startswith(os.pardir + os.sep)]
    return [name for name in beside or record.files if (product / name).is_file()]


def _parts(removal: Removal) -> list[Path]:
    return [part for part in removal.parts if _is_part(part, removal.product)]


def _is_part(part: Path, product: Path) -> bool:
    """Whether a folder is a data directory beside a product, and no product itself."""
    is_beside = part.parent == product.parent and part != product and not part.is_symlink()
    return is_beside and (part / "wav.scp").is_file() and not (part / RECORD).exists()


def size_text(num_bytes: int) -> str:
    """Return a size as people read it."""
    for unit, power in (("TB", 4), ("GB", 3), ("MB", 2)):
        if num_bytes >= 1000**power:
            return f"{num_bytes / 1000**power:.1f} {unit}"
    return f"{num_bytes / 1000:.1f} kB"
