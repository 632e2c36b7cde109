"""A cache of decoded audio in memory that all processes of a machine share.

Every reader of every training process of the machine finds what any of them has decoded. The
process of local rank 0 makes the cache and hands its ``address`` to those of the other ranks, which
attach to it; their readers inherit it by fork.
"""

import logging
import os
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from speakernet.audio.cache_entry import describe, head_bytes
from speakernet.audio.shared_memory import SharedMemory
from speakernet.audio.shared_ring import NUM_COUNTERS, SharedRing
from speakernet.config.errors import reason_of

logger = logging.getLogger(__name__)


class CacheCounts(NamedTuple):
    """Hits and misses of all processes since the cache was made; bytes in use, of ``max_bytes``.

    Each process counts in a place of its own, by its number modulo 4096: two that share one may
    lose some of their counts.
    """

    hits: int
    misses: int
    used_bytes: int
    max_bytes: int


class SharedCache:
    """Arrays by key, at most ``max_bytes`` of them; made by ``create`` or ``attach``.

    What was stored first is evicted first. A key stands for one content: of several processes that
    put the same key, the first one's array stays. The index takes 64 KiB and a thousandth of
    ``max_bytes`` besides. Memory is taken as the cache fills, not from /dev/shm, and given back
    when the last process that has the cache ends, however it ends.
    """

    def __init__(self, ring: SharedRing | None) -> None:
        self._ring = ring
        self._has_warned = False

    @classmethod
    def create(cls, max_bytes: int) -> Self:
        """Make a cache; one that stores nothing if ``max_bytes`` is 0.

        So, too, with a warning, if the system refuses the memory: reading is slower then, not
        wrong.
        """
        try:
            return cls(SharedRing.create(max_bytes) if max_bytes else None)
        except OSError as error:
            reason = reason_of(error)
            logger.warning("no cache of audio: the system refuses %d bytes: %s", max_bytes, reason)
            return cls(None)

    @classmethod
    def attach(cls, address: str) -> Self:
        """Return the cache of another process of this machine, from its ``address``.

        One that stores nothing if that one does; so, too, with a warning, if it is out of reach
        (another user's, in another container, or its maker has ended). Raises UserError if
        ``address`` is none.
        """
        try:
            return cls(SharedRing(SharedMemory.attach(address)) if address else None)
        except OSError as error:
            maker, reason = address.partition(":")[0], reason_of(error)
            logger.warning(
                "no cache of audio: that of process %s is out of reach: %s", maker, reason
            )
            return cls(None)

    @property
    def address(self) -> str:
        """What other processes attach to while the maker lives; empty if nothing is stored."""
        return "" if self._ring is None else self._ring.memory.address

    def get(self, key: str, first: int = 0, count: int | None = None) -> NDArray[Any] | None:
        """Return a copy of the array of ``key``, or None if it is not there.

        Of its first axis, ``count`` indices from ``first`` on (both 0 or more), fewer at its end:
        of a long recording only that part is copied.
        """
        if self._ring is None:
            return None
        array = self._ring.read(_name(key), first, count)
        self._ring.counters[2 * os.getpid() % NUM_COUNTERS + (array is None)] += 1
        return array

    def shape(self, key: str) -> tuple[int, ...] | None:
        """Return the shape of the array of ``key``, or None if it is not there; is not counted."""
        found = None if self._ring is None else self._ring.find(_name(key))
        return None if found is None else found[1].shape

    def put(self, key: str, array: NDArray[Any]) -> None:
        """Store ``array``, (samples,) or (samples, channels), of int16, int32, float32 or float64.

        Does nothing if it is there, if it is larger than half the cache, or if another writer has
        kept the lock for 0.2 s, as one does that was stopped. Raises TypeError for another type.
        """
        if self._ring is None:
            return
        array, name = np.ascontiguousarray(array), _name(key)
        entry = describe(array)
        if head_bytes(name, len(entry.sums)) + array.nbytes > self._ring.num_bytes // 2:
            return
        with self._ring.memory.writing() as alone:
            try:
                if alone and self._ring.find(name) is None:
                    self._ring.append(name, entry, array)
            except OSError as error:
                self._warn(error)

    def counts(self) -> CacheCounts:
        """Return what all processes have counted so far."""
        if self._ring is None:
            return CacheCounts(0, 0, 0, 0)
        numbers = self._ring.counters.tolist()
        ring = self._ring
        return CacheCounts(sum(numbers[::2]), sum(numbers[1::2]), ring.used_bytes, ring.num_bytes)

    def _warn(self, error: OSError) -> None:
        if not self._has_warned:
            logger.warning("the cache of audio cannot grow further: %s", reason_of(error))
        self._has_warned = True


def _name(key: str) -> bytes:
    """Return a key as bytes; paths may have any."""
    return key.encode(errors="surrogateescape")
