"""Products of the pipeline (folders that one command makes from its inputs) and their records.

The record of a product is ``<product>/.done``. Inputs are identified by content, not by path: a
folder with a record by the checksums in the record, another one by those of its tables.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from speakernet.config import UserError
from speakernet.work.files import Checksum
from speakernet.work.record import (
    Record,
    compute_checksum,
    digest_of_file,
    integrity_errors,
    read_record,
    write_record,
)

RECORD = ".done"
ARCHIVES = "archives.json"
"""A record in the folder of a product that lists archives in other folders as parts of it."""

# Options that change how a command runs, but not its output. --nproc is one of them, as training
# itself checks that the global batch is the one of its checkpoint.
_RUN_OPTIONS = ("--nj", "--cmd", "--cuda-cmd", "--nproc")
_SETTINGS_SUFFIX = ".settings"
_TABLES = ("wav.scp", "segments", "utt2spk", "feats.scp", "trials", "embedding.scp", "recipe.yaml")

MadeFrom = dict[str, Any]


def describe_inputs(
    command: Sequence[str], inputs: Sequence[Path], fixed_inputs: Sequence[Path]
) -> MadeFrom:
    """Return the command and the checksums of the inputs from which a product is made.

    Raises UserError for an input that does not exist.
    """
    return {
        "command": list(_normalized_command(command)),
        "inputs": {_normalized_path(path): _content(path) for path in inputs},
        "fixed inputs": {_normalized_path(path): _content(path) for path in fixed_inputs},
    }


def read_product(product: Path, outputs: Sequence[str]) -> Record | None:
    """Return the product's record, or None if it has none or one of ``outputs`` is missing."""
    record = read_record(product / RECORD)
    return record if record is not None and all(map(_exists, _paths(product, outputs))) else None


def finish_product(product: Path, outputs: Sequence[str], made_from: MadeFrom) -> None:
    """Write the record of a product that the command has made.

    ``outputs`` are its files, or folders of which all files count (not those of subfolders); if
    there are none, the product's folder. Raises UserError if one is missing or empty.
    """
    for path in _paths(product, outputs):
        if not _exists(path):
            raise UserError(f"the command succeeded, but {path} is missing or empty")
    write_record(product / RECORD, made_from, dict(_checksums(product, outputs)))


def product_errors(product: Path, record: Record) -> list[str]:
    """Return a message for each file of a product that is missing or was changed."""
    return list(integrity_errors(product, record))


def changes(old: Mapping[str, Any], new: Mapping[str, Any], what: str = "") -> Iterator[str]:
    """Yield a message for each difference between two results of ``describe_inputs``."""
    for key in {**old, **new}:
        before, now = old.get(key), new.get(key)
        name = f"{what}, {key}" if what else key
        if before == now:
            continue
        if isinstance(before, Mapping) and isinstance(now, Mapping):
            yield from changes(before, now, name)
        elif key == "command":
            yield f"command: {' '.join(now or ())}"
        elif what.endswith(_SETTINGS_SUFFIX):
            yield f"setting {key} was {before}, is {now}"
        else:
            yield f"{name}{' is new' if before is None else ' is gone' if now is None else ''}"


def _normalized_command(command: Sequence[str]) -> Iterator[str]:
    """Yield the words of a command without ``_RUN_OPTIONS``, with normalised paths."""
    words = iter(command)
    for word in words:
        if word in _RUN_OPTIONS:
            next(words, None)
        else:
            is_path = os.path.exists(word) or ("/" in word and not set(word) & set(" \t\n"))
            yield _normalized_path(Path(word)) if is_path else word


def _normalized_path(path: Path) -> str:
    """Return the real path, relative to the working directory if it is inside it."""
    return os.fspath(_relative(Path(os.path.realpath(path)), Path(os.path.realpath("."))))


def _relative(path: Path, root: Path) -> Path:
    return path.relative_to(root) if path.is_relative_to(root) else path


def _content(path: Path) -> dict[str, str]:
    """Return the checksums (or settings) that identify the content of an input, by name."""
    if not path.exists():
        raise UserError(f"no such input: {path}")
    if path.suffix == _SETTINGS_SUFFIX:
        lines = path.read_text(encoding="utf-8").splitlines()
        return dict(line.split(": ", 1) for line in lines)
    if path.is_file():
        return {"content": digest_of_file(path)}
    record = read_record(path / RECORD)
    if record is not None:
        present = {name: path / name for name in record.files if (path / name).is_file()}
        intact = not product_errors(path, record)
        return record.content() if intact else {n: digest_of_file(p) for n, p in present.items()}
    # The folder of a corpus has none of these tables: then only its existence counts.
    return {name: digest_of_file(path / name) for name in _TABLES if (path / name).is_file()}


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
