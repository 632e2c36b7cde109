"""Kaldi's compressed matrices, byte for byte as ``copy-feats --compress=true`` writes them.

More than 8 rows: ``CM``, one byte a value. Each column stores four percentiles (0, 25, 75, 100) as
16-bit steps of the matrix's range [min, min + range]; values map linearly to 0..64, 64..192 and
192..255 between them. At most 8 rows: ``CM2``, every value a 16-bit step of the range. ``CM3``
(one-byte steps) is only read. Layout: token, float32 min and range, int32 rows and columns, then
for ``CM`` the percentiles (uint16, 4 a column) and the bytes column after column; for the others
the values row after row.

An empty matrix is a ``CM`` header of zeros. (Kaldi itself appends four bytes too many there, which
its sequential reader stumbles over.) Arithmetic is in float32 with the few float64 steps that C's
promotion rules give. Source: Kaldi's documentation of CompressedMatrix, and its behaviour. Reading
1/65535 and 1/63 as Kaldi does makes decompression exact too.
"""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from speakernet.arrays import Float32

MAX_FLOAT32 = float(np.finfo(np.float32).max)
_MAX_TWO_BYTE_ROWS = 8
_STEP_16 = np.float32(1.52590218966964e-05)
_SIZES = struct.Struct("<ffii")
_CACHED_VALUES = 1 << 15
_LOW = np.arange(65, dtype=np.float32)
_MIDDLE = np.arange(1, 129, dtype=np.float32)
_HIGH = np.arange(1, 64, dtype=np.float32)
_TOKENS = (b"CM ", b"CM2 ", b"CM3 ")


def compress(matrix: NDArray[Any]) -> bytes:
    """Return the bytes that follow ``\\0B`` in an archive, token included, of a matrix ``(rows,
    columns)``.

    Raises ValueError for values that are not finite, or differ by more than float32 can say.
    """
    matrix = np.asarray(matrix, dtype=np.float32)
    rows, columns = matrix.shape
    if rows == 0 or columns == 0:
        return b"CM " + _SIZES.pack(0.0, 0.0, 0, 0)
    minimum, width = _range(matrix)
    sizes = _SIZES.pack(minimum, width, rows, columns)
    if rows <= _MAX_TWO_BYTE_ROWS:
        return b"CM2 " + sizes + _to_steps(matrix, minimum, width).tobytes()
    values = np.ascontiguousarray(matrix.T)
    steps = _percentiles(values, minimum, width)
    percentiles = minimum + width * _STEP_16 * steps.astype(np.float32)
    return b"CM " + sizes + steps.tobytes() + _to_bytes(values, percentiles).tobytes()


def _range(matrix: Float32) -> tuple[np.float32, np.float32]:
    minimum, maximum = matrix.min(), matrix.max()
    if not is_range(float(minimum), float(maximum) - float(minimum)):
        raise ValueError("a matrix with NaN, infinite or huge values cannot be compressed")
    if maximum == minimum:
        maximum = np.float32(float(minimum) + (1.0 + abs(float(minimum))))
    return minimum, maximum - minimum


def _to_steps(values: Float32, minimum: np.float32, width: np.float32) -> NDArray[np.uint16]:
    """Map [minimum, minimum + width] to 0..65535; C adds 0.499 in float64, then truncates."""
    fraction = np.clip((values - minimum) / width, np.float32(0), np.float32(1))
    scaled: Float32 = fraction * np.float32(65535)
    return (scaled.astype(np.float64) + 0.499).astype(np.uint16)


def _percentiles(values: Float32, minimum: np.float32, width: np.float32) -> NDArray[np.uint16]:
    """Return the percentiles (columns, 4) of values (columns, rows) as steps, increasing."""
    ordered = np.sort(values, axis=1)
    quarter = values.shape[1] // 4
    picked = ordered[:, [0, quarter, 3 * quarter, -1]]
    steps = _to_steps(picked, minimum, width).astype(np.int32)
    steps[:, 0] = np.minimum(steps[:, 0], 65532)
    steps[:, 1] = np.clip(steps[:, 1], steps[:, 0] + 1, 65533)
    steps[:, 2] = np.clip(steps[:, 2], steps[:, 1] + 1, 65534)
    steps[:, 3] = np.maximum(steps[:, 3], steps[:, 2] + 1)
    return steps.astype(np.uint16)


def _to_bytes(values: Float32, percentiles: Float32) -> NDArray[np.uint8]:
    """Map values (columns, rows) to bytes between the column's percentiles (columns, 4).

    The byte is the sum of three pieces, 0..64, 0..128 and 0..63, of which at most one is not at an
    end. C rounds by ``int(x + 0.5)`` in float64; doubling x (exact in float32), truncating, adding
    one and halving gives the same. Columns are taken in groups that fit into the cache.
    """
    columns, rows = values.shape
    group = max(1, _CACHED_VALUES // rows)
    levels = np.empty((columns, rows), np.uint8)
    with np.errstate(
        over="ignore"
    ):  # percentiles may coincide in float32: such a piece is at an end
        for start in range(0, columns, group):
            part = slice(start, start + group)
            levels[part] = _group_to_bytes(values[part], percentiles[part])
    return levels


def _group_to_bytes(values: Float32, percentiles: Float32) -> NDArray[np.int16]:
    widths = np.maximum(np.diff(percentiles, axis=1), np.finfo(np.float32).tiny)
    piece = np.empty_like(values)
    doubled = np.ones(values.shape, np.int16)
    for index, (levels, factor) in enumerate(((64, 1), (128, 1), (63, 63))):
        column = slice(index, index + 1)
        np.subtract(values, percentiles[:, column], out=piece)
        # Powers of two are scaled in the width, exactly; 63 rounds, so it multiplies the fraction
        # as in C.
        np.divide(piece, widths[:, column] * np.float32(factor / (2 * levels)), out=piece)
        if factor != 1:
            np.multiply(piece, np.float32(factor), out=piece)
        np.clip(piece, 0, 2 * levels, out=piece)
        doubled += piece.astype(np.int16)
    return doubled >> 1


def payload_size(header: bytes) -> int:
    """Return how many bytes follow a header (token and the 16 bytes of range and sizes). Raises
    ValueError if it is broken.
    """
    token, (_, _, rows, columns) = _parse_header(header)
    if columns == 0:
        return 0
    return {b"CM ": columns * (8 + rows), b"CM2 ": 2 * rows * columns, b"CM3 ": rows * columns}[
        token
    ]


def is_range(minimum: float, width: float) -> bool:
    """Return whether the values from ``minimum`` to ``minimum + width`` are numbers of 32 bits."""
    return all(abs(value) <= MAX_FLOAT32 for value in (minimum, width, minimum + width))


def _parse_header(data: bytes) -> tuple[bytes, tuple[np.float32, np.float32, int, int]]:
    token = next((token for token in _TOKENS if data.startswith(token)), None)
    if token is None:
        raise ValueError(f"unknown token {data[:4]!r} of a compressed matrix")
    minimum, width, rows, columns = _SIZES.unpack_from(data, len(token))
    if rows < 0 or columns < 0:
        raise ValueError(f"compressed matrix of {rows} rows and {columns} columns")
    if not is_range(minimum, width):
        raise ValueError(f"compressed matrix of values from {minimum} on, over {width}")
    return token, (np.float32(minimum), np.float32(width), rows, columns)


def decompress(data: bytes) -> Float32:
    """Return the matrix (rows, columns) of the bytes that ``compress`` (or Kaldi) made, exactly as
    Kaldi restores it.
    """
    token, (minimum, width, rows, columns) = _parse_header(data)
    offset = len(token) + _SIZES.size
    if columns == 0:
        return np.zeros((0, 0), np.float32)
    if token == b"CM ":
        steps = np.frombuffer(data, "<u2", 4 * columns, offset).reshape(columns, 4)
        levels = np.frombuffer(data, np.uint8, rows * columns, offset + 8 * columns)
        percentiles = minimum + width * _STEP_16 * steps.astype(np.float32)
        return from_bytes(levels.reshape(columns, rows), percentiles)
    two_bytes = token == b"CM2 "
    values = np.frombuffer(data, "<u2" if two_bytes else np.uint8, rows * columns, offset)
    increment = np.float32(float(width) * (1.0 / (65535.0 if two_bytes else 255.0)))
    return (minimum + values.astype(np.float32) * increment).reshape(rows, columns)


def from_bytes(levels: NDArray[np.uint8], percentiles: Float32) -> Float32:
    """Return values (rows, columns) of bytes (columns, rows) and the columns' percentiles
    (columns, 4).

    Each column has a table of its 256 values. The first two pieces scale by powers of two, which
    float32 does exactly; the third divides by 63 in float64, as Kaldi does.
    """
    p0, p25, p75, p100 = (percentiles[:, i : i + 1] for i in range(4))
    low = p0 + (p25 - p0) * _LOW * np.float32(1 / 64)
    middle = p25 + (p75 - p25) * _MIDDLE * np.float32(1 / 128)
    high = p75 + ((p100 - p75) * _HIGH).astype(np.float64) * (1 / 63.0)
    table = np.concatenate((low, middle, high.astype(np.float32)), axis=1)
    places = levels.T + np.arange(0, table.size, 256, dtype=np.intp)
    return table.ravel()[places]
