"""Embeddings in files that other programs read: NumPy, Kaldi, lines of JSON.

.npz    "names" (n,) and "embeddings" (n, dim), float32: numpy.load reads both
.ark    an archive of Kaldi, with its index, .scp, beside it
.jsonl  a line each: {"name": …, "duration_s": …, "embedding": […], "notes": […]}
"""

import json
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO

import numpy as np

from speakernet.config import UserError
from speakernet.kaldi.ark import ArkWriter
from speakernet.kaldi.characters import check_key
from speakernet.model.results import Embedding
from speakernet.work.files import open_for_replace

Writer = Callable[[Path | None, Iterable[Embedding]], None]


def write_npz(path: Path | None, embeddings: Iterable[Embedding]) -> None:
    """Write all embeddings, which are kept in memory until then."""
    kept = [(each.name, each.vector) for each in embeddings]
    names = np.array([name for name, _ in kept], dtype=np.str_)
    vectors = np.stack([vector for _, vector in kept]) if kept else np.empty((0, 0), np.float32)
    with open_for_replace(_given(path)) as file:
        np.savez(file, names=names, embeddings=vectors)


def write_ark(path: Path | None, embeddings: Iterable[Embedding]) -> None:
    """Write them one by one. Raises UserError for a name that no table can hold."""
    ark = _given(path)
    with ArkWriter(ark, ark.with_suffix(".scp")) as writer:
        for each in embeddings:
            writer.write(each.name, each.vector)


def check_names(write: Writer, path: Path | None, names: Iterable[str]) -> None:
    """Raise UserError for names that ``write`` cannot write: before hours of embedding."""
    seen = set[str]()
    for name in names if write is write_ark else ():
        if name in seen:
            raise UserError(f"{path}: '{name}' is there twice; expected npz or jsonl")
        try:
            check_key(name, _given(path))
        except UserError as error:
            raise UserError(f"{error}; expected npz or jsonl") from None
        seen.add(name)


def write_jsonl(path: Path | None, embeddings: Iterable[Embedding]) -> None:
    """Write lines, one by one; without a path to standard output."""
    if path is None:
        _write_lines(sys.stdout.buffer, embeddings)
        return
    with open_for_replace(path) as file:
        _write_lines(file, embeddings)


def _write_lines(file: BinaryIO, embeddings: Iterable[Embedding]) -> None:
    for each in embeddings:
        line = {
            "name": each.name,
            "duration_s": round(each.duration_s, 4),
            "embedding": [float(value) for value in each.vector.ravel()],
            "shape": each.vector.shape,
            "notes": each.notes,
        }
        file.write(json.dumps(line).encode() + b"\n")


FORMATS: Mapping[str, Writer] = MappingProxyType(
    {"npz": write_npz, "ark": write_ark, "jsonl": write_jsonl}
)


def choose_format(path: Path | None, name: str | None) -> Writer:
    """Return what writes the format ``name``, or that of the path's suffix; without both jsonl.

    Raises UserError for an unknown one.
    """
    if name is None and path is None:
        return write_jsonl
    found = name or (path.suffix.removeprefix(".") if path else "")
    if found not in FORMATS:
        raise UserError(
            f"--save {path}: does not say the format; expected a name that ends in "
            f"{', '.join(f'.{each}' for each in FORMATS)}, or --embedding-format"
        )
    if path is None and found != "jsonl":
        raise UserError(f"--embedding-format {found}: expected --save FILE")
    return FORMATS[found]


def _given(path: Path | None) -> Path:
    assert path is not None  # choose_format
    return path
