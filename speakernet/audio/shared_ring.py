"""A ring of bytes with an index by key, in memory that processes share.

What was stored first is overwritten first. One process writes at a time; readers take no lock: they
copy an entry, then see whether the ring has passed over it and whether its sums fit. A process that
is killed at whatever point leaves at most bytes that no reader takes for an entry.
"""

import hashlib
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from speakernet.audio.cache_entry import (
    BLOCK_BYTES,
    CacheEntry,
    block_sums,
    head_bytes,
    num_blocks,
    pack_head,
    unpack_head,
)
from speakernet.audio.shared_memory import NUM_HEAD_WORDS, SharedMemory

NUM_COUNTERS = 8192
"""Words that the owner of the ring may use as it likes."""

# Words: the head, up to where the ring was written or is being written, which only grows; the
# counters; the index, a tag and a position a slot. A position counts all bytes since the beginning.
_HEAD = NUM_HEAD_WORDS
_COUNTERS = _HEAD + 8
_INDEX = _COUNTERS + NUM_COUNTERS
# A key may stand in any slot of one bucket.
_BUCKET_SLOTS = 8
# More entries than slots evict each other: a slot for each so many bytes of the ring.
_SLOT_BYTES = 16384
# Blocks whose sums are read together with the head (0.5 MB), so that few need a second reading.
_USUAL_BLOCKS = 16


class SharedRing:
    """Arrays by key (bytes)."""

    def __init__(self, memory: SharedMemory) -> None:
        self.memory = memory
        self.num_bytes = memory.num_bytes
        self.counters = memory.words[_COUNTERS:_INDEX]
        self._words = memory.words
        self._num_buckets = _num_buckets(memory.num_bytes)

    @classmethod
    def create(cls, num_bytes: int) -> Self:
        """Make a ring of ``num_bytes``. Raises OSError if the system refuses the memory."""
        num_words = _INDEX + 2 * _BUCKET_SLOTS * _num_buckets(num_bytes)
        return cls(SharedMemory.create(num_words, num_bytes))

    @property
    def used_bytes(self) -> int:
        """How much of the ring has been written."""
        return min(self._words[_HEAD], self.num_bytes)

    def find(self, key: bytes) -> tuple[int, CacheEntry] | None:
        """Return the position of a key's entry and what it says of its array, or None."""
        tag, slots = self._slots(key)
        for slot in slots:
            if self._words[slot] == tag:
                position = self._words[slot + 1]
                entry = self._read_head(key, position)
                if entry is not None:
                    return position, entry
        return None

    def read(self, key: bytes, first: int, count: int | None) -> NDArray[Any] | None:
        """Return a copy of a key's array, or None: see ``SharedCache.get``."""
        found = self.find(key)
        if found is None:
            return None
        position, entry = found
        rows = entry.rows(first, count)
        blocks = entry.blocks(rows)
        begin, end = blocks.start * BLOCK_BYTES, min(blocks.stop * BLOCK_BYTES, entry.num_bytes)
        data = np.empty(end - begin, dtype=np.uint8)
        start = position % self.num_bytes + head_bytes(key, len(entry.sums))
        if not self.memory.read_into(data, start + begin) or self._is_passed(position):
            return None
        if block_sums(data).tobytes() != entry.sums[blocks.start : blocks.stop].tobytes():
            return None
        return entry.cut(data, rows)

    def append(self, key: bytes, entry: CacheEntry, array: NDArray[Any]) -> None:
        """Write an array, contiguous, at the head of the ring, then its place into the index.

        For the holder of the lock only. Raises OSError if no memory is left.
        """
        size = head_bytes(key, len(entry.sums)) + array.nbytes
        position = self._words[_HEAD]
        if position % self.num_bytes + size > self.num_bytes:
            position += self.num_bytes - position % self.num_bytes
        # Before the writing, so that who has read what is overwritten always sees it afterwards.
        self._words[_HEAD] = position + size
        parts = [pack_head(entry, key, position), array.reshape(-1).view(np.uint8)]
        if self.memory.write(parts, position % self.num_bytes):
            tag, slots = self._slots(key)
            slot = min(slots, key=lambda s: (self._words[s] != tag, self._words[s + 1]))
            self._words[slot + 1] = position
            self._words[slot] = tag

    def _slots(self, key: bytes) -> tuple[int, range]:
        """Return a key's tag, which is never 0, and the words where its slots begin."""
        number, tag = hash_key(key)
        first = _INDEX + 2 * _BUCKET_SLOTS * (number % self._num_buckets)
        return tag, range(first, first + 2 * _BUCKET_SLOTS, 2)

    def _is_passed(self, position: int) -> bool:
        """Return whether what was at ``position`` is being overwritten, or has been."""
        return self._words[_HEAD] > position + self.num_bytes

    def _read_head(self, key: bytes, position: int) -> CacheEntry | None:
        """Return the entry of ``key`` at ``position``, or None if another is there."""
        place = position % self.num_bytes
        data = bytearray(min(head_bytes(key, _USUAL_BLOCKS), self.num_bytes - place))
        if self._is_passed(position) or not self.memory.read_into(data, place):
            return None
        blocks = num_blocks(data, key, position)
        if blocks is None or (size := head_bytes(key, blocks)) > self.num_bytes - place:
            return None
        if size > len(data):
            data = bytearray(size)
            if not self.memory.read_into(data, place):
                return None
        return unpack_head(bytes(data[:size]), key)


def hash_key(key: bytes) -> tuple[int, int]:
    """Return two numbers of 64 bits that stand for a key; the second is not 0."""
    digest = hashlib.blake2b(key, digest_size=16).digest()
    return int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:], "little") | 1


def _num_buckets(num_bytes: int) -> int:
    return -(-num_bytes // (_BUCKET_SLOTS * _SLOT_BYTES))
