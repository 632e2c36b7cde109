"""Embeddings on disk: an archive with its index, or the folder that holds both."""

import os
from collections.abc import Container, Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np

from speakernet.arrays import Float32
from speakernet.config import UserError
from speakernet.kaldi.vectors import Block, read_indexed_vectors, read_vectors


@dataclass(frozen=True, eq=False)
class EmbeddingTable:
    """Embeddings by id: ``vectors`` (rows, dim), or (rows, crops, dim) where crops are kept.

    source: where they were read; rows: the row of each id.
    """

    source: str
    rows: dict[str, int]
    vectors: Float32


def read_embeddings(path: Path) -> Iterator[Block]:
    """Yield ``(ids, embeddings)`` block by block, in the order of ``path``.

    Of an index (a folder's is ``embedding.scp``) exactly the lines that it has are read; an archive
    that ends in anything but ``.scp`` is read whole. Raises UserError for values that are not
    finite, an embedding (or a crop's) that is zero, and for what the readers of
    ``speakernet.kaldi.vectors`` refuse.
    """
    path = path / "embedding.scp" if path.is_dir() else path
    blocks = _read_index(path) if path.suffix == ".scp" else read_vectors(path)
    for ids, vectors in blocks:
        finite = np.isfinite(vectors).reshape(len(ids), -1).all(axis=1)
        if not finite.all():
            raise UserError(f"{path}: '{ids[int(np.argmin(finite))]}' is not finite")
        directed = vectors.any(axis=-1).reshape(len(ids), -1).all(axis=1)
        if not directed.all():
            raise UserError(f"{path}: the embedding of '{ids[int(np.argmin(directed))]}' is zero")
        yield ids, vectors


def _read_index(scp: Path) -> Iterator[Block]:
    try:
        yield from read_indexed_vectors(scp, cache(partial(_beside, scp)))
    except UserError as error:
        place = "" if str(error).startswith(f"{scp}:") else f"{scp}: "
        raise UserError(f"{place}{error}") from None


def _beside(scp: Path, archive: str) -> str:
    """Take an archive beside the index if the folder has moved since it was written."""
    moved = scp.parent / Path(archive).name
    return os.fspath(moved) if not Path(archive).exists() and moved.exists() else archive


def load_embeddings(path: Path, wanted: Container[str] | None = None) -> EmbeddingTable:
    """Read the embeddings of ``path`` into one table: of all ids, or of those that are ``wanted``.

    Raises UserError for a duplicate id.
    """
    ids: list[str] = []
    blocks: list[Float32] = []
    for names, vectors in read_embeddings(path):
        if wanted is not None:
            chosen = [row for row, name in enumerate(names) if name in wanted]
            names, vectors = [names[row] for row in chosen], vectors[chosen]
        ids += names
        blocks.append(vectors)
    rows = {name: row for row, name in enumerate(ids)}
    if len(rows) < len(ids):
        twice = next(name for row, name in enumerate(ids) if rows[name] != row)
        raise UserError(f"{path}: '{twice}' has two embeddings")
    if not ids:
        raise UserError(f"{path}: no embeddings")
    return EmbeddingTable(os.fspath(path), rows, np.concatenate(blocks))
