"""Products of a pipeline: folders that one command makes from its inputs, and their records.

The record of a product is ``<product>/.done``. Inputs are identified by their content, wherever
they lie and however their paths are spelt: a folder with a record by the checksums in it, one
without by its tables.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from speakernet.config import UserError
from speakernet.work.files import Proof
from speakernet.work.record import (
    Record,
    damages,
    digest_of_file,
    prove,
    read_record,
    write_record,
)

logger = logging.getLogger(__name__)

RECORD = ".done"
ARCHIVES = "archives.json"
"""The record of archives that lie elsewhere; its files belong to the product that it lies in."""

# Options that say how a command runs and never change what it makes. Training compares the global
# batch with that of its checkpoint, so the number of processes is among them.
_WITHOUT_EFFECT = ("--nj", "--cmd", "--cuda-cmd", "--nproc")
_SETTINGS_SUFFIX = ".settings"
_TABLES = ("wav.scp", "segments", "utt2spk", "feats.scp", "trials", "embedding.scp", "recipe.yaml")

MadeFrom = dict[str, Any]


def describe(
    command: Sequence[str], inputs: Sequence[Path], fixed_inputs: Sequence[Path]
) -> MadeFrom:
    """Return what a product is made from. Raises UserError for an input that does not exist."""
    return {
        "command": list(_words(command)),
        "inputs": {_spelling(path): _identity(path) for path in inputs},
        "fixed inputs": {_spelling(path): _identity(path) for path in fixed_inputs},
    }


def read_product(product: Path, outputs: Sequence[str]) -> Record | None:
    """Return the product's record, if it has one and all ``outputs`` are there."""
    record = read_record(product / RECORD)
    return record if record is not None and all(map(_exists, _paths(product, outputs))) else None


def is_done(product: Path, outputs: Sequence[str], made_from: MadeFrom) -> bool:
    """Return whether the product is whole and was made from ``made_from``; say why where it is not.

    Raises UserError if something has changed that may not.
    """
    record = read_product(product, outputs)
    if record is None:
        return False
    different = list(changes(record.made_from, made_from))
    reasons = [f"{line} (changed)" for line in different] or product_damages(product, record)
    if not reasons:
        logger.info("done before, skipped")
        return True
    if any(line.startswith("fixed inputs") for line in different):
        raise UserError(
            f"{product}: was made from other things: {'; '.join(reasons)}; it is kept: "
            "undo the change, or make another one beside it (run.sh --exp DIR)"
        )
    for reason in reasons:
        logger.info("made again: %s", reason[:200])
    return False


def finish_product(product: Path, outputs: Sequence[str], made_from: MadeFrom) -> None:
    """Write the record of a product that is whole.

    ``outputs`` are its files, or folders that stand for the files directly in them; without any,
    the files directly in the product's folder. Raises UserError if one is missing or empty.
    """
    for path in _paths(product, outputs):
        if not _exists(path):
            raise UserError(f"the command succeeded, but {path} is missing or empty")
    write_record(product / RECORD, made_from, dict(_proofs(product, outputs)))


def product_damages(product: Path, record: Record) -> list[str]:
    """Return what is wrong with the files of a product."""
    return list(damages(product, record))


def changes(old: Mapping[str, Any], new: Mapping[str, Any], what: str = "") -> Iterator[str]:
    """Yield a line for each thing that differs in what a product was and would be made from."""
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


def _words(command: Sequence[str]) -> Iterator[str]:
    words = iter(command)
    for word in words:
        if word in _WITHOUT_EFFECT:
            next(words, None)
        else:
            is_path = os.path.exists(word) or ("/" in word and not set(word) & set(" \t\n"))
            yield _spelling(Path(word)) if is_path else word


def _spelling(path: Path) -> str:
    """Return one spelling of a path for all that lead to it: from here, if it is below."""
    return os.fspath(_relative(Path(os.path.realpath(path)), Path(os.path.realpath("."))))


def _relative(path: Path, root: Path) -> Path:
    return path.relative_to(root) if path.is_relative_to(root) else path


def _identity(path: Path) -> dict[str, str]:
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
        whole = not product_damages(path, record)
        return record.content() if whole else {n: digest_of_file(p) for n, p in present.items()}
    # A tree of a corpus has none of these: only that it is there.
    return {name: digest_of_file(path / name) for name in _TABLES if (path / name).is_file()}


def _paths(product: Path, outputs: Sequence[str]) -> list[Path]:
    return [product / name for name in outputs or (".",)]


def _exists(path: Path) -> bool:
    return any(_files_in(path)) if path.is_dir() else path.is_file() and path.stat().st_size > 0


def _files_in(folder: Path) -> Iterator[Path]:
    """Yield the files directly in a folder, except hidden, temporary and log files."""
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        is_shown = not entry.name.startswith(".") and not entry.name.endswith((".tmp", ".log"))
        if is_shown and entry.is_file():
            yield Path(entry.path)


def _proofs(product: Path, outputs: Sequence[str]) -> Iterator[tuple[str, Proof]]:
    for output in _paths(product, outputs):
        for path in _files_in(output) if output.is_dir() else [output]:
            archives = read_record(path) if path.name == ARCHIVES else None
            if archives is None:
                yield os.path.relpath(path, product), prove(path)
                continue
            for name, proof in archives.files.items():
                yield os.path.relpath(path.parent / name, product), proof
