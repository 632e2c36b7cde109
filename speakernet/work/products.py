"""Products of a pipeline: folders that one command makes from its inputs, and their records.

The record of a product is ``<product>/.done``. Inputs are identified by their content, wherever
they lie and however their paths are spelt: a folder with a record by the checksums in it, one
without by its tables. So folders may move, also to another disk with a link in their old place.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import count
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
    product: Path, command: Sequence[str], inputs: Sequence[Path], fixed_inputs: Sequence[Path]
) -> MadeFrom:
    """Return what ``product`` is made from. Raises UserError for an input that does not exist."""
    labels = _labels({_real(path) for path in (*inputs, *fixed_inputs)})
    names = {
        _real(product).parent: "<product>/..",
        _real("."): "",
        _real(product): "<product>",
        **{path: f"<{label}>" for path, label in labels.items()},
    }
    return {
        "command": [_spelling(word, names) for word in _words(command)],
        "inputs": {labels[_real(path)]: _identity(path) for path in inputs},
        "fixed inputs": {labels[_real(path)]: _identity(path) for path in fixed_inputs},
    }


def read_product(product: Path) -> Record | None:
    """Return the record of a product that was whole once, if it has one."""
    return read_record(product / RECORD)


def is_done(product: Path, outputs: Sequence[str], made_from: MadeFrom) -> bool:
    """Return whether the product is whole and was made from ``made_from``; say why where it is not.

    Raises UserError if something has changed that may not.
    """
    record = read_product(product)
    if record is None:
        return False
    different = list(changes(record.made_from, made_from))
    reasons = [f"{line} (changed)" for line in different]
    reasons = reasons or product_damages(product, record, outputs)
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
    for path in _missing(product, outputs):
        raise UserError(f"the command succeeded, but {path} is missing or empty")
    write_record(product / RECORD, made_from, dict(_proofs(product, outputs)))


def product_damages(product: Path, record: Record, outputs: Sequence[str]) -> list[str]:
    """Return what is wrong with the files of a product, and which ``outputs`` it lacks."""
    wrong = list(damages(product, record))
    return wrong or [f"{path} is missing or empty" for path in _missing(product, outputs)]


def changes(old: Mapping[str, Any], new: Mapping[str, Any], what: str = "") -> Iterator[str]:
    """Yield a line for each thing that differs in what a product was and would be made from."""
    for key in {**old, **new}:
        before, now = old.get(key), new.get(key)
        name = f"{what}, {key}" if what else key
        if before == now:
            continue
        if isinstance(before, Mapping) and isinstance(now, Mapping):
            yield from changes(before, now, name)
        elif key == "command" and not what:
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
            yield word


def _real(path: str | Path) -> Path:
    return Path(os.path.realpath(path))


def _labels(paths: Collection[Path]) -> dict[Path, str]:
    """Return for each path as many of its last parts as tell it from the others."""
    labels = {}
    for path in paths:
        for length in count(1):
            end = path.parts[-length:]
            if sum(other.parts[-length:] == end for other in paths) == 1:
                break
        labels[path] = os.path.join(*end)
    return labels


def _spelling(word: str, names: Mapping[Path, str]) -> str:
    """Return a word of a command; as a path, it begins at the nearest place that has a name."""
    path = _real(word)
    for place in (path, *path.parents):
        if place in names:
            return os.fspath(Path(names[place], path.relative_to(place))) if word else ""
    return os.fspath(path)


def _identity(path: Path) -> dict[str, str]:
    if not path.exists():
        raise UserError(f"no such input: {path}")
    if path.suffix == _SETTINGS_SUFFIX and path.is_file():
        return _read_settings(path)
    if path.is_file():
        return {"content": digest_of_file(path)}
    record = read_record(path / RECORD)
    if record is not None:
        present = {name: path / name for name in record.files if (path / name).is_file()}
        is_changed = any(damages(path, record))
        return (
            {n: digest_of_file(p) for n, p in present.items()} if is_changed else record.content()
        )
    # A tree of a corpus has none of these: only that it is there.
    return {name: digest_of_file(path / name) for name in _TABLES if (path / name).is_file()}


def _read_settings(path: Path) -> dict[str, str]:
    settings = {}
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        key, separator, value = line.decode(errors="replace").partition(": ")
        if not separator:
            raise UserError(f"{path}:{number}: found '{key}'; expected 'key: value'")
        settings[key] = value
    return settings


def _missing(product: Path, outputs: Sequence[str]) -> Iterator[Path]:
    return (path for path in _paths(product, outputs) if not _exists(path))


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
