"""Embeddings on disk: an archive with its index, or the folder that holds both."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from speakernet.arrays import Float32
from speakernet.config import UserError
from speakernet.kaldi.tables import iter_table
from speakernet.kaldi.vectors import Block, read_vectors


@dataclass(frozen=True, eq=False)
class EmbeddingTable:
    """Embeddings by id: ``vectors`` (rows, dim), or (rows, crops, dim) where crops are kept.

    source: where they were read; rows: the row of each id.
    """

    source: str
    rows: dict[str, int]
    vectors: Float32


def find_archives(path: Path) -> list[Path]:
    """Return the archives of ``path``: itself, what its .scp names, or those of a folder.

    A folder made by steps/extract_embeddings.sh has one, beside an index that holds all of it.
    """
    if path.is_dir():
        ark, path = path / "embedding.ark", path / "embedding.scp"
        if ark.is_file() and path.is_file():
            return [ark]
    if path.suffix != ".scp":
        return [path]
    archives = dict.fromkeys(_without_offset(spec) for _, spec in iter_table(path))
    if not archives:
        raise UserError(f"{path}: no embeddings")
    return [_beside(path, archive) for archive in archives]


def _without_offset(spec: str) -> str:
    archive, colon, offset = spec.rpartition(":")
    return archive if colon and offset.isdecimal() else spec


def _beside(scp: Path, archive: str) -> Path:
    """Take an archive beside the index if the folder has moved since it was written."""
    path, moved = Path(archive), scp.parent / Path(archive).name
    return moved if not path.exists() and moved.exists() else path


def read_embeddings(path: Path) -> Iterator[Block]:
    """Yield ``(ids, embeddings)`` block by block, in the order of the archives.

    Raises UserError for values that are not finite, and for what ``read_vectors`` refuses.
    """
    for archive in find_archives(path):
        for ids, vectors in read_vectors(archive):
            finite = np.isfinite(vectors.reshape(len(ids), -1).sum(axis=1))
            if not finite.all():
                raise UserError(f"{archive}: '{ids[int(np.argmin(finite))]}' is not finite")
            yield ids, vectors


def load_embeddings(path: Path) -> EmbeddingTable:
    """Read all embeddings of ``path`` into one table. Raises UserError for a duplicate id."""
    ids: list[str] = []
    blocks: list[Float32] = []
    for names, vectors in read_embeddings(path):
        ids += names
        blocks.append(vectors)
    rows = {name: row for row, name in enumerate(ids)}
    if len(rows) < len(ids):
        twice = next(name for row, name in enumerate(ids) if rows[name] != row)
        raise UserError(f"{path}: '{twice}' has two embeddings")
    if not ids:
        raise UserError(f"{path}: no embeddings")
    return EmbeddingTable(os.fspath(path), rows, np.concatenate(blocks))
