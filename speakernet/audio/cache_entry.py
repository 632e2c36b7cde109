"""How the shared cache writes an array: a head, the key, a sum of each block, the samples.

A reader copies an entry while others may write over it. The key and the sums tell it whether what
it has is the entry, whole.
"""

import math
import struct
import zlib
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from speakernet.arrays import UInt64

DTYPES = tuple(np.dtype(name) for name in ("int16", "int32", "float32", "float64"))
"""What can be stored."""

BLOCK_BYTES = 32768
"""Bytes that have a sum of their own: 1 s of 16 bits at 16 kHz."""

_HEAD = struct.Struct("=7Q")  # position, key bytes, type, axes, rows, columns; CRC of all
_MAX_AXES = 2


class CacheEntry(NamedTuple):
    """What an entry says of its array. ``sums``: of its blocks, (num_blocks,)."""

    dtype: "np.dtype[Any]"
    shape: tuple[int, ...]
    sums: UInt64

    @property
    def num_bytes(self) -> int:
        """Bytes of the array."""
        return self.dtype.itemsize * math.prod(self.shape)

    @property
    def row_bytes(self) -> int:
        """Bytes from one index of the first axis to the next."""
        return self.dtype.itemsize * (self.shape[1] if len(self.shape) > 1 else 1)

    def rows(self, first: int, count: int | None) -> range:
        """Return the indices of the first axis that the array has of ``count`` from ``first``."""
        last = None if count is None else first + count
        return range(*slice(first, last).indices(self.shape[0]))

    def blocks(self, rows: range) -> range:
        """Return the blocks in which ``rows`` lie."""
        stop = -(-rows.stop * self.row_bytes // BLOCK_BYTES) if rows else 0
        return range(rows.start * self.row_bytes // BLOCK_BYTES, stop) if rows else range(0)

    def cut(self, data: NDArray[np.uint8], rows: range) -> NDArray[Any]:
        """Return ``rows``, out of the bytes of their blocks."""
        skipped = rows.start * self.row_bytes - self.blocks(rows).start * BLOCK_BYTES
        wanted = data[skipped if rows else 0 :][: len(rows) * self.row_bytes]
        return wanted.view(self.dtype).reshape(len(rows), *self.shape[1:])


def describe(array: NDArray[Any]) -> CacheEntry:
    """Return the entry of an array of one or two axes, contiguous.

    Raises TypeError for other axes or types.
    """
    if array.dtype not in DTYPES or array.ndim not in range(1, _MAX_AXES + 1):
        raise TypeError(
            f"an array of {array.ndim} axes of {array.dtype}; the cache stores one or two axes of "
            f"{', '.join(map(str, DTYPES))}"
        )
    return CacheEntry(array.dtype, array.shape, block_sums(array.reshape(-1).view(np.uint8)))


def block_sums(data: NDArray[np.uint8]) -> UInt64:
    """Return the sum of the 64-bit words of each block of ``data`` (num_bytes,)."""
    words = np.zeros(-(-len(data) // BLOCK_BYTES), dtype=np.uint64)
    whole = len(data) // BLOCK_BYTES
    blocks = data[: whole * BLOCK_BYTES].view(np.uint64).reshape(whole, BLOCK_BYTES // 8)
    words[:whole] = blocks.sum(axis=1, dtype=np.uint64)
    if rest := data[whole * BLOCK_BYTES :].tobytes():
        padded = np.frombuffer(rest + bytes(-len(rest) % 8), dtype=np.uint64)
        words[whole] = padded.sum(dtype=np.uint64)
    return words


def head_bytes(key: bytes, num_blocks: int) -> int:
    """Return how many bytes stand before the samples."""
    return _HEAD.size + _padded(key) + 8 * num_blocks


def pack_head(entry: CacheEntry, key: bytes, position: int) -> bytes:
    """Return what stands before the samples of the entry that begins at ``position``."""
    rows, columns = (*entry.shape, 0)[:_MAX_AXES]
    fields = (position, len(key), DTYPES.index(entry.dtype), len(entry.shape), rows, columns)
    rest = key.ljust(_padded(key), b"\0") + entry.sums.tobytes()
    return _HEAD.pack(*fields, _check(fields, rest)) + rest


def num_blocks(head: bytes | bytearray, key: bytes, position: int) -> int | None:
    """Return how many sums an entry has whose head begins so, or None if it is another's."""
    if len(head) < _HEAD.size:
        return None
    found, key_bytes, number, axes, rows, columns = _HEAD.unpack_from(head)[:6]
    own = head[_HEAD.size : _HEAD.size + len(key)]
    if (found, key_bytes, own) != (position, len(key), key):
        return None
    if number >= len(DTYPES) or not 1 <= axes <= _MAX_AXES:
        return None
    num_values = rows * (columns if axes > 1 else 1)
    return -(-num_values * DTYPES[number].itemsize // BLOCK_BYTES)


def unpack_head(head: bytes, key: bytes) -> CacheEntry | None:
    """Return the entry of a whole head that ``num_blocks`` knew, or None if it is damaged."""
    *fields, check = _HEAD.unpack_from(head)
    rest = head[_HEAD.size :]
    if check != _check(tuple(fields), rest):
        return None
    sums = np.frombuffer(rest, dtype=np.uint64, offset=_padded(key))
    return CacheEntry(DTYPES[fields[2]], tuple(fields[4 : 4 + fields[3]]), sums)


def _check(fields: tuple[int, ...], rest: bytes) -> int:
    return zlib.crc32(rest, zlib.crc32(struct.pack("=6Q", *fields)))


def _padded(key: bytes) -> int:
    return -(-len(key) // 8) * 8
