"""Archives of equally long float vectors (embeddings), read in large blocks.

An entry is the key, a space, ``\\0BFV \\4``, the int32 dimension and its little-endian float32
values. Only the keys are walked one by one; values are copied block by block. Other archives of
equally shaped arrays (double, text, matrices) are read entry by entry and come out as float32
alike.
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from speakernet.arrays import Float32
from speakernet.config import UserError
from speakernet.kaldi.ark import read_ark

Block = tuple[list[str], Float32]

_BLOCK_BYTES = 1 << 25
_BLOCK_ENTRIES = 4096
_TOKEN = b"\0BFV \4"
_HEADER_BYTES = len(_TOKEN) + 4


def read_vectors(path: Path, *, block_bytes: int = _BLOCK_BYTES) -> Iterator[Block]:
    """Yield ``(keys, values)`` with values (entries, *shape), all of one shape, in file order.

    Raises UserError for a missing, broken or cut archive and for entries of several shapes.
    """
    try:
        with open(path, "rb") as file:
            start = file.read(block_bytes)
            if _header_of(start) is None:
                yield from _read_any(path)
                return
            blocks = itertools.chain([start], iter(lambda: file.read(block_bytes), b""))
            yield from _walk(blocks, path)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None


def _header_of(buffer: bytes) -> bytes | None:
    begin = buffer.find(b" ") + 1
    header = buffer[begin : begin + _HEADER_BYTES]
    if not begin or not header.startswith(_TOKEN) or len(header) != _HEADER_BYTES:
        return None
    (dim,) = struct.unpack("<i", header[-4:])
    return header if dim > 0 else None


def _walk(blocks: Iterator[bytes], path: Path) -> Iterator[Block]:
    rest = b""
    header: bytes | None = None
    for block in blocks:
        buffer = rest + block
        header = header or _header_of(buffer)
        assert header is not None
        keys, starts, end = _entries(buffer, header, path)
        rest = buffer[end:]
        if keys:
            yield keys, _gather(buffer, starts, header)
    if rest:
        raise UserError(f"{path}: cut short after the key {rest.partition(b' ')[0][:80]!r}")


def _entries(buffer: bytes, header: bytes, path: Path) -> tuple[list[str], list[int], int]:
    """Return the keys of complete entries, where their values start, and where the last ends."""
    size = 4 * struct.unpack("<i", header[-4:])[0]
    keys, starts = [], []
    begin = 0
    while (space := buffer.find(b" ", begin)) >= 0:
        values = space + 1 + _HEADER_BYTES
        if values > len(buffer):
            break
        if not buffer.startswith(header, space + 1):
            raise UserError(f"{path}: {_mismatch(buffer[begin:values], header)}")
        if values + size > len(buffer):
            break
        keys.append(buffer[begin:space].decode())
        starts.append(values)
        begin = values + size
    return keys, starts, begin


def _mismatch(entry: bytes, header: bytes) -> str:
    dim = struct.unpack("<i", header[-4:])[0]
    return f"{entry.partition(b' ')[0][:80]!r} is not a float vector of {dim} values as the others"


def _gather(buffer: bytes, starts: list[int], header: bytes) -> Float32:
    dim = struct.unpack("<i", header[-4:])[0]
    # A view with one vector at every byte: indexing it copies whole vectors, aligned or not.
    shape = (len(buffer) - 4 * dim + 1,)
    view: NDArray[Any] = np.ndarray(shape, f"V{4 * dim}", buffer, strides=(1,))
    return view[starts].view("<f4").reshape(len(starts), dim)


def _read_any(path: Path) -> Iterator[Block]:
    entries = read_ark(path)
    shape: tuple[int, ...] | None = None
    while batch := list(itertools.islice(entries, _BLOCK_ENTRIES)):
        for key, array in batch:
            shape = shape or array.shape
            if array.shape != shape:
                raise UserError(f"{path}: '{key}' has the shape {array.shape}, others {shape}")
        yield [key for key, _ in batch], np.stack([a for _, a in batch]).astype(np.float32)
