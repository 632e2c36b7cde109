"""Archives of equally long float vectors (embeddings), read in large blocks.

An entry is the key, a space, ``\\0BFV \\4``, the int32 dimension and its little-endian float32
values. Only the keys are walked one by one; values are copied block by block. Other archives of
equally shaped arrays (double, text, matrices) are read entry by entry and come out as float32
alike. By an index, what its lines name is read, in their order, and nothing else.
"""

from __future__ import annotations

import itertools
import mmap
import os
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from speakernet.arrays import Float32
from speakernet.config.errors import UserError, naming
from speakernet.config.files import open_input
from speakernet.kaldi.ark import read_entries, read_place
from speakernet.kaldi.entries import decoded_key
from speakernet.kaldi.places import Place, parse_place
from speakernet.kaldi.tables import iter_table

Block = tuple[list[str], Float32]

_BLOCK_BYTES = 1 << 25
_BLOCK_ENTRIES = 4096
_MAX_KEY_BYTES = 1 << 16
_TOKEN = b"\0BFV \4"
_HEADER_BYTES = len(_TOKEN) + 4


def read_vectors(path: Path, *, block_bytes: int = _BLOCK_BYTES) -> Iterator[Block]:
    """Yield ``(keys, values)`` with values (entries, *shape), all of one shape, in file order.

    Raises UserError for a missing, broken or cut archive and for entries of several shapes.
    """
    with open_input(path) as file:
        header = _header_of(file.peek())
        if header is None:
            yield from _read_any(read_entries(file, path), path)
            return
        file_size = os.fstat(file.fileno()).st_size  # 0 for a pipe
        if file_size and _size(header) > file_size:
            raise UserError(f"{path}: cut short: a vector of {_size(header)} bytes")
        yield from _walk(iter(lambda: file.read(block_bytes), b""), header, path)


def read_indexed_vectors(scp: Path, find: Callable[[str], str]) -> Iterator[Block]:
    """Yield ``(keys, values)`` of the lines of an index, in their order, each from where it points.

    ``find`` maps the name of an archive in the index to the file to read. Raises UserError for a
    line that points to no array, and for arrays of several shapes.
    """
    shape: tuple[int, ...] | None = None
    lines = iter_table(scp)
    while batch := list(itertools.islice(lines, _BLOCK_ENTRIES)):
        for source, run in itertools.groupby(_entries_of(scp, batch, find), _archive_of):
            entries = list(run)
            keys = [key for key, _ in entries]
            with naming(scp):
                values = _gather_places(source, entries)
            if shape is not None and values.shape[1:] != shape:
                raise UserError(
                    f"{scp}: '{keys[0]}' has the shape {values.shape[1:]}, others {shape}"
                )
            shape = values.shape[1:]
            yield keys, values


_Entry = tuple[str, Place]


def _entries_of(
    scp: Path, lines: Iterable[tuple[str, str]], find: Callable[[str], str]
) -> Iterator[_Entry]:
    for key, value in lines:
        try:
            place = parse_place(value)
        except UserError as error:
            raise UserError(f"{scp}: '{key}': {error}") from None
        yield key, place if place.is_command else place._replace(source=find(place.source))


def _archive_of(entry: _Entry) -> str | None:
    """Return the archive that an entry may be read from together with its neighbours."""
    place = entry[1]
    return place.source if place == Place(place.source, place.offset, False) else None


def _gather_places(source: str | None, entries: Sequence[_Entry]) -> Float32:
    """Return the arrays of entries in one archive (entries, *shape); ``source`` None: anywhere."""
    if source is None or (vectors := _gather_mapped(source, entries)) is None:
        return _stack(source or "the index", [(k, _read_named(k, place)) for k, place in entries])
    return vectors


def _gather_mapped(source: str, entries: Sequence[_Entry]) -> Float32 | None:
    """Return the float vectors (entries, dim) at the places; None if any is something else."""
    with open_input(source) as file:
        if not (file_size := os.fstat(file.fileno()).st_size):
            return None
        with mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as mapped:
            first = entries[0][1].offset
            header = mapped[first : first + _HEADER_BYTES]
            if not header.startswith(_TOKEN) or len(header) < _HEADER_BYTES or _size(header) <= 0:
                return None
            last = file_size - _HEADER_BYTES - _size(header)
            starts = [place.offset for _, place in entries]
            if max(starts) > last or any(mapped[s : s + _HEADER_BYTES] != header for s in starts):
                return None
            values = [mapped[s + _HEADER_BYTES : s + _HEADER_BYTES + _size(header)] for s in starts]
    return np.frombuffer(bytearray(b"".join(values)), "<f4").reshape(len(entries), -1)


def _read_named(key: str, place: Place) -> NDArray[Any]:
    try:
        return read_place(place)
    except UserError as error:
        raise UserError(f"'{key}': {error}") from None


def _header_of(buffer: bytes) -> bytes | None:
    begin = buffer.find(b" ") + 1
    header = buffer[begin : begin + _HEADER_BYTES]
    if not begin or not header.startswith(_TOKEN) or len(header) != _HEADER_BYTES:
        return None
    return header if _size(header) > 0 else None


def _walk(blocks: Iterator[bytes], header: bytes, path: Path) -> Iterator[Block]:
    rest = b""
    for block in blocks:
        buffer = rest + block
        keys, starts, end = _entries(buffer, header, path)
        rest = buffer[end:]
        if keys:
            yield keys, _gather(buffer, starts, header)
    if rest:
        raise UserError(f"{path}: cut short after the key {rest.partition(b' ')[0][:80]!r}")


def _entries(buffer: bytes, header: bytes, path: Path) -> tuple[list[str], list[int], int]:
    """Return the keys of complete entries, where their values start, and where the last ends."""
    size = _size(header)
    keys, starts = [], []
    begin = 0
    while (space := buffer.find(b" ", begin, begin + _MAX_KEY_BYTES)) >= 0:
        values = space + 1 + _HEADER_BYTES
        if values > len(buffer):
            break
        if not buffer.startswith(header, space + 1):
            raise UserError(f"{path}: {_mismatch(buffer[begin:values], header)}")
        if values + size > len(buffer):
            break
        key = decoded_key(buffer[begin:space])
        if key is None:
            raise UserError(f"{path}: {_mismatch(buffer[begin:values], header)}")
        keys.append(key)
        starts.append(values)
        begin = values + size
    if space < 0 and len(buffer) - begin >= _MAX_KEY_BYTES:
        raise UserError(f"{path}: {_mismatch(buffer[begin:], header)}")
    return keys, starts, begin


def _size(header: bytes) -> int:
    """Return how many bytes of values follow a header."""
    return 4 * int(struct.unpack("<i", header[-4:])[0])


def _mismatch(entry: bytes, header: bytes) -> str:
    dim = _size(header) // 4
    return f"{entry.partition(b' ')[0][:80]!r} is not a float vector of {dim} values as the others"


def _gather(buffer: bytes, starts: list[int], header: bytes) -> Float32:
    dim = _size(header) // 4
    # A view with one vector at every byte: indexing it copies whole vectors, aligned or not.
    shape = (len(buffer) - 4 * dim + 1,)
    view: NDArray[Any] = np.ndarray(shape, f"V{4 * dim}", buffer, strides=(1,))
    return view[starts].view("<f4").reshape(len(starts), dim)


def _read_any(entries: Iterator[tuple[str, NDArray[Any]]], path: Path) -> Iterator[Block]:
    first = next(entries, None)
    if first is None:
        return
    shape, entries = first[1].shape, itertools.chain([first], entries)
    while batch := list(itertools.islice(entries, _BLOCK_ENTRIES)):
        yield [key for key, _ in batch], _stack(path, batch, shape)


def _stack(
    source: object, entries: Sequence[tuple[str, NDArray[Any]]], shape: tuple[int, ...] = ()
) -> Float32:
    shape = shape or entries[0][1].shape
    for key, array in entries:
        if array.shape != shape:
            raise UserError(f"{source}: '{key}' has the shape {array.shape}, others {shape}")
    with np.errstate(over="ignore"):
        return np.stack([array for _, array in entries]).astype(np.float32)
