"""What a product is made from: a command, and inputs that are identified by content, not by path.

A folder with a record is identified by the checksums in the record, another one by those of its
tables. So folders may be moved, also to another disk with a symbolic link at the old path.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from speakernet.config import UserError
from speakernet.work.record import RECORD, digest_of_file, integrity_errors, read_record

# Options that change how a command runs, but not its output. --nproc is one of them, as training
# itself checks that the global batch is the one of its checkpoint.
_RUN_OPTIONS = ("--nj", "--cmd", "--cuda-cmd", "--nproc")
_SETTINGS_SUFFIX = ".settings"
_TABLES = ("wav.scp", "segments", "utt2spk", "feats.scp", "trials", "embedding.scp", "recipe.yaml")

MadeFrom = dict[str, Any]


def describe_inputs(
    product: Path, command: Sequence[str], inputs: Sequence[Path], fixed_inputs: Sequence[Path]
) -> MadeFrom:
    """Return the command and the checksums of the inputs from which ``product`` is made.

    Paths are given relative to inputs, product or working directory, so that these may be moved.
    Raises UserError for an input that does not exist.
    """
    labels = _labels({_real(path) for path in (*inputs, *fixed_inputs)})
    names = {
        _real(product).parent: "<product>/..",
        _real("."): "",
        _real(product): "<product>",
        **{path: f"<{label}>" for path, label in labels.items()},
    }
    return {
        "command": [_movable_path(word, names) for word in _without_run_options(command)],
        "inputs": {labels[_real(path)]: _content(path) for path in inputs},
        "fixed inputs": {labels[_real(path)]: _content(path) for path in fixed_inputs},
    }


def changes(old: Mapping[str, Any], new: Mapping[str, Any], what: str = "") -> Iterator[str]:
    """Yield a message for each difference between two results of ``describe_inputs``."""
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


def _without_run_options(command: Sequence[str]) -> Iterator[str]:
    words = iter(command)
    for word in words:
        if word in _RUN_OPTIONS:
            next(words, None)
        else:
            yield word


def _real(path: str | Path) -> Path:
    return Path(os.path.realpath(path))


def _labels(paths: Collection[Path]) -> dict[Path, str]:
    """Return for each path the shortest suffix (in whole components) that the others lack."""
    labels = {}
    for path in paths:
        for length in count(1):
            suffix = path.parts[-length:]
            if sum(other.parts[-length:] == suffix for other in paths) == 1:
                break
        labels[path] = os.path.join(*suffix)
    return labels


def _movable_path(word: str, names: Mapping[Path, str]) -> str:
    """Return a word of a command as a path relative to the nearest folder above it in ``names``.

    That folder is replaced by its name. Words that are no paths stay as they are: they are treated
    as relative to the working directory, whose name is empty.
    """
    path = _real(word)
    for parent in (path, *path.parents):
        if parent in names:
            return os.fspath(Path(names[parent], path.relative_to(parent))) if word else ""
    return os.fspath(path)


def _content(path: Path) -> dict[str, str]:
    """Return the checksums (or settings) that identify the content of an input, by name."""
    if not path.exists():
        raise UserError(f"no such input: {path}; run the stage or step that makes it first")
    if path.suffix == _SETTINGS_SUFFIX and path.is_file():
        return _read_settings(path)
    if path.is_file():
        return {"content": digest_of_file(path)}
    record = read_record(path / RECORD)
    if record is not None:
        present = {name: path / name for name in record.files if (path / name).is_file()}
        is_changed = any(integrity_errors(path, record))
        return (
            {n: digest_of_file(p) for n, p in present.items()} if is_changed else record.content()
        )
    # The folder of a corpus has none of these tables: then only its existence counts.
    return {name: digest_of_file(path / name) for name in _TABLES if (path / name).is_file()}


def _read_settings(path: Path) -> dict[str, str]:
    settings = {}
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        key, separator, value = line.decode(errors="replace").partition(": ")
        if not separator:
            raise UserError(f"{path}:{number}: found '{key}'; expected 'key: value'")
        settings[key] = value
    return settings
