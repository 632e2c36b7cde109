"""Crops of matrices in Kaldi arks, read through memory maps: only the crop is decompressed.

Texts and the output of commands cannot be mapped; ``read_matrix`` reads these.

An ark is mapped once and kept while it is among the ``max_open`` most recently used ones, so that
the number of open files stays bounded however many arks there are. Formats (Kaldi's
``matrix/compressed-matrix.{h,cc}`` and ``kaldi-matrix.cc``), all little-endian:

====== ======================================================================================
``CM`` one byte a value, column after column, each with four 16-bit percentiles (0, 25, 75, 100)
``CM2`` two bytes a value, row after row, ``min + v * range / 65535``
``CM3`` one byte a value, row after row, ``min + v * range / 255``
``FM`` float32, row after row (``DM``: float64)
====== ======================================================================================

Values are float32 and agree with Kaldi's to the last bits (the interpolation between percentiles is
a table look-up; relative difference below 1e-6 of the column's range).
"""

import mmap
import struct
from collections import OrderedDict
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from speakernet.arrays import Float32
from speakernet.compiling import compiled
from speakernet.config import UserError
from speakernet.config.files import open_input
from speakernet.kaldi.compression import is_range

_GLOBAL_HEADER = struct.Struct("<ffii")
_PLAIN_HEADER = struct.Struct("<bibi")
_HEADER_BYTES = 24
_ROW_TYPES: dict[bytes, np.dtype[Any]] = {
    b"CM2 ": np.dtype("<u2"),
    b"CM3 ": np.dtype("u1"),
    b"FM ": np.dtype("<f4"),
    b"DM ": np.dtype("<f8"),
}
_TOKENS = (b"CM ", *_ROW_TYPES)


def _percentile_weights() -> Float32:
    """Return (4, 256): how much each percentile of a column counts for each code."""
    code = np.arange(256, dtype=np.float64)
    to_25 = np.minimum(code, 64) / 64
    to_75 = np.clip(code - 64, 0, 128) / 128
    to_100 = np.maximum(code - 192, 0) / 63
    weights = np.stack([1 - to_25, to_25 - to_75, to_75 - to_100, to_100])
    return weights.astype(np.float32)


_WEIGHTS = _percentile_weights()


class Header(NamedTuple):
    """What stands before a matrix's values; ``data`` is the place of the first one in the file."""

    token: bytes
    num_rows: int
    num_cols: int
    data: int
    minimum: float
    width: float

    @property
    def scale(self) -> float:
        """What a step of a compressed value is."""
        return self.width / (255 if self.token == b"CM3 " else 65535)


class MappedArks:
    """Reads crops by path and offset. Safe to use after a fork; not for several threads."""

    def __init__(self, max_open: int = 512) -> None:
        self.max_open = max_open
        self._maps: OrderedDict[str, mmap.mmap] = OrderedDict()

    def header(self, path: str, offset: int) -> Header | None:
        """Return the header of the matrix whose binary mark is at ``offset``.

        None if no binary matrix is there. Raises UserError where the file is missing or empty, and
        for a header that does not fit it.
        """
        mapped = self._map(path)
        head = mapped[offset : offset + _HEADER_BYTES]
        for token in _TOKENS:
            if head.startswith(b"\0B" + token) and len(head) >= _header_size(token):
                header = _parse_header(head, token, offset)
                _check(f"{path}:{offset}", header, len(mapped))
                return header
        return None

    def columns(self, path: str, header: Header, start: int, stop: int) -> Float32:
        """Return rows ``start .. stop`` transposed: (dim, stop - start), not always contiguous."""
        if not 0 <= start <= stop <= header.num_rows:
            raise UserError(f"{path}: rows {start} to {stop} asked of {header.num_rows}")
        mapped = self._map(path)
        if header.token == b"CM ":
            return _by_percentiles(mapped, header, start, stop)
        return _by_rows(mapped, header, start, stop)

    def will_need(self, path: str, offset: int, num_bytes: int) -> None:
        """Ask the system to read a stretch in the background, so that disks see many at once."""
        mapped = self._map(path)
        first = offset - offset % mmap.PAGESIZE
        length = min(offset + num_bytes, len(mapped)) - first
        if length > 0:
            mapped.madvise(mmap.MADV_WILLNEED, first, length)

    def close(self) -> None:
        """Drop all maps."""
        self._maps.clear()

    def _map(self, path: str) -> mmap.mmap:
        mapped = self._maps.get(path)
        if mapped is None:
            mapped = self._maps[path] = _open_map(path)
            if len(self._maps) > self.max_open:
                self._maps.popitem(last=False)
        else:
            self._maps.move_to_end(path)
        return mapped


def _open_map(path: str) -> mmap.mmap:
    try:
        with open_input(path) as stream:
            return mmap.mmap(stream.fileno(), 0, prot=mmap.PROT_READ)
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: cannot be read: {error}") from None


def _header_size(token: bytes) -> int:
    plain = token in (b"FM ", b"DM ")
    return 2 + len(token) + (_PLAIN_HEADER.size if plain else _GLOBAL_HEADER.size)


def _parse_header(head: bytes, token: bytes, offset: int) -> Header:
    begin = 2 + len(token)
    if token in (b"FM ", b"DM "):
        *marked, data = *_PLAIN_HEADER.unpack_from(head, begin), offset + begin + _PLAIN_HEADER.size
        rows, cols = (size if mark == 4 else -1 for mark, size in (marked[:2], marked[2:]))
        return Header(token, rows, cols, data, 0.0, 1.0)
    minimum, width, rows, cols = _GLOBAL_HEADER.unpack_from(head, begin)
    return Header(token, rows, cols, offset + begin + _GLOBAL_HEADER.size, minimum, width)


def _check(place: str, header: Header, file_size: int) -> None:
    token, rows, cols = header.token, header.num_rows, header.num_cols
    if rows < 0 or cols < 0 or not is_range(header.minimum, header.width):
        raise UserError(f"{place}: broken header of a matrix of {rows} rows and {cols} columns")
    num_bytes = cols * (8 + rows) if token == b"CM " else rows * cols * _ROW_TYPES[token].itemsize
    if header.data + num_bytes > file_size:
        raise UserError(f"{place}: the ark ends within a matrix of {rows} rows, {cols} columns")


def _by_rows(mapped: mmap.mmap, header: Header, start: int, stop: int) -> Float32:
    dtype = _ROW_TYPES[header.token]
    shape = (stop - start, header.num_cols)
    first = header.data + start * header.num_cols * dtype.itemsize
    values = np.frombuffer(mapped, dtype, shape[0] * shape[1], first).reshape(shape)
    result = values.T.astype(np.float32)
    if header.token.startswith(b"CM"):
        result *= np.float32(header.scale)
        result += np.float32(header.minimum)
    return result


def _by_percentiles(mapped: mmap.mmap, header: Header, start: int, stop: int) -> Float32:
    cols, rows = header.num_cols, header.num_rows
    percentiles = np.frombuffer(mapped, "<u2", 4 * cols, header.data).reshape(cols, 4)
    levels: Float32 = percentiles * np.float32(header.scale) + np.float32(header.minimum)
    first = header.data + 8 * cols
    codes = np.frombuffer(mapped, np.uint8, rows * cols, first).reshape(cols, rows)
    codes = codes[:, start:stop]
    table: Float32 = levels @ _WEIGHTS
    if _look_up is not None:
        values = np.empty(codes.shape, dtype=np.float32)
        _look_up(table, codes, values)
        return values
    # One table of 256 values a column; a code becomes an index by adding its column's place.
    # Adding in 16 bits, widening afterwards and mode="wrap" took 86 us for 499 x 80 where
    # widening first took 115 and the direct spelling 174.
    starts = _column_starts(cols)
    indices = codes.astype(starts.dtype)
    indices += starts
    return table.ravel().take(indices.astype(np.intp), mode="wrap")


@compiled
def _look_up(table: Float32, codes: npt.NDArray[np.uint8], values: Float32) -> None:
    for column in range(codes.shape[0]):
        levels, source, target = table[column], codes[column], values[column]
        for row in range(len(source)):
            target[row] = levels[source[row]]


@lru_cache(maxsize=4)
def _column_starts(cols: int) -> npt.NDArray[Any]:
    dtype = np.uint16 if cols <= 256 else np.uint32
    return (np.arange(cols) * 256).astype(dtype)[:, None]
