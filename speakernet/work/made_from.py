"""What a product is made from: a command, and inputs that are identified by content, not by path.

So folders may be moved, also to another disk with a symbolic link at the old path.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from types import MappingProxyType
from typing import Any

from speakernet.work.contents import (
    RECORDINGS,
    SETTINGS_SUFFIX,
    content_of,
    content_of_place,
    folders_in,
)

# Options that change how a command runs, but not its output. --nproc and --num-nodes are some of
# them, as training itself checks that the global batch is the one of its checkpoint;
# --max-failed-share, as the tables of a product say which utterances were left out; --needs, as the
# outputs that are there say which of them were needed; --delete-archives, as what it unpacks stays.
_RUN_OPTIONS = (
    *("--nj", "--cmd", "--cuda-cmd", "--nproc", "--num-nodes", "--max-requeues", "--scratch"),
    *("--max-failed-share", "--anew", "--needs", "--delete-archives"),
)

MadeFrom = dict[str, Any]

PLACE = "place"
_NONE: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Inputs:
    """What a product depends on.

    files: files and folders; fixed: those that may not change any more; place: a folder of which
    the command is told, identified by the lists in it, as what it finds there is looked at later.
    """

    files: Sequence[Path] = ()
    fixed: Sequence[Path] = ()
    place: Path | None = None

    def labels(self) -> dict[Path, str]:
        """Return what each is called, whatever folders it is in; the place may be renamed, too."""
        labels = _labels({_real(path) for path in (*self.files, *self.fixed)})
        return labels | ({_real(self.place): PLACE} if self.place else {})


def describe_inputs(product: Path, command: Sequence[str], inputs: Inputs) -> MadeFrom:
    """Return the command and the checksums of the inputs from which ``product`` is made.

    Paths are given relative to inputs, product or working directory, so that these may be moved.
    Raises UserError for an input that does not exist or lacks files.
    """
    labels = inputs.labels()
    folder, here = _real(product).parent, _real(".")
    # What the models of an experiment share is in the folder above theirs.
    above = {} if here.is_relative_to(folder.parent) else {folder.parent: "<product>/../.."}
    names = {
        **above,
        folder: "<product>/..",
        here: "",
        _real(product): "<product>",
        **{path: f"<{label}>" for path, label in labels.items()},
    }
    contents = {PLACE: content_of_place(inputs.place)} if inputs.place else {}
    contents |= {labels[_real(path)]: content_of(path, product.parent) for path in inputs.files}
    return {
        "command": [_movable_path(word, names) for word in _without_run_options(command)],
        "inputs": contents,
        "fixed inputs": {
            labels[_real(path)]: content_of(path, product.parent) for path in inputs.fixed
        },
    }


def describe_folders(
    product: Path, inputs: Inputs, known: Mapping[str, str] = _NONE
) -> dict[str, str]:
    """Return the folders, by name, whose paths the product's tables may have.

    ``known``: those of recordings are taken from it, where it has them.
    """
    folders = {"..": os.fspath(_real(product).parent), ".": os.fspath(_real("."))}
    for path, label in inputs.labels().items():
        recordings = known.get(os.path.join(label, RECORDINGS))
        found = folders_in(path, recordings).items() if path.is_dir() else ()
        folders |= {os.path.join(label, name): folder for name, folder in found}
    # As it was written, too: through links.
    return folders | ({PLACE: os.path.abspath(inputs.place)} if inputs.place else {})


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
        elif what.endswith(SETTINGS_SUFFIX):
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
