"""Entries of the ring that are not what the index takes them for."""

import os
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from speakernet.audio import shared_ring
from speakernet.audio.cache_entry import describe, head_bytes
from speakernet.audio.shared_ring import SharedRing


def noise(seed: int, size: int = 30_000) -> NDArray[np.int16]:
    return np.random.default_rng(seed).integers(-30_000, 30_000, size).astype(np.int16)


def append(ring: SharedRing, key: bytes, array: NDArray[Any]) -> None:
    ring.append(key, describe(array), array)


def test_keys_whose_hashes_are_equal_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_ring, "hash_key", lambda key: (5, 7))
    ring = SharedRing.create(1 << 20)
    append(ring, b"one", noise(1))
    assert ring.read(b"two", 0, None) is None
    append(ring, b"two", noise(2))
    assert np.array_equal(ring.read(b"two", 0, None), noise(2))  # type: ignore[arg-type]
    assert ring.read(b"one", 0, None) is None


def test_a_full_bucket_gives_up_its_oldest_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_ring, "hash_key", lambda key: (3, int(key) + 1))
    ring = SharedRing.create(4 << 20)
    for number in range(10):
        append(ring, b"%d" % number, noise(number, 100))
    assert [ring.find(b"%d" % number) is not None for number in range(10)] == 2 * [False] + 8 * [
        True
    ]


@pytest.mark.parametrize("seen_by", ["the head of the ring", "the sums"])
def test_an_entry_that_is_overwritten_while_it_is_copied_is_not_there(
    seen_by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of the two ways to see it suffices."""
    ring, sums = SharedRing.create(256 << 10), describe(noise(1)).sums
    append(ring, b"x", noise(1))
    real, copies = os.preadv, []

    def copy(descriptor: int, buffers: list[Any], place: int) -> int:
        copies.append(place)
        if len(copies) == 2:  # the head has been read; now the samples
            for number in range(4):
                append(ring, b"%d" % number, noise(number + 2))
            if seen_by == "the sums":
                ring._words[shared_ring._HEAD] = ring.num_bytes
            else:
                monkeypatch.setattr(shared_ring, "block_sums", lambda data: sums)
        return real(descriptor, buffers, place)

    monkeypatch.setattr(os, "preadv", copy)
    assert ring.read(b"x", 0, None) is None and len(copies) == 2


@pytest.mark.parametrize("place", range(0, 240, 8))
def test_a_damaged_byte_of_the_head_or_the_samples_is_found(place: int) -> None:
    ring = SharedRing.create(1 << 20)
    append(ring, b"a key of several words", noise(1, 60))
    size = head_bytes(b"a key of several words", 1) + 120
    byte = bytearray(1)
    ring.memory.read_into(byte, place % size)
    ring.memory.write([bytes([byte[0] ^ 255])], place % size)
    assert ring.read(b"a key of several words", 0, None) is None


def test_sizes_that_nobody_wrote_take_no_memory() -> None:
    """A head whose sizes are out of all proportion, with the right key and position."""
    ring = SharedRing.create(1 << 20)
    append(ring, b"x", noise(1, 60))
    rows = (1 << 62).to_bytes(8, "little")
    ring.memory.write([rows], 32)
    assert ring.read(b"x", 0, None) is None


def test_positions_that_nobody_wrote_are_no_entries() -> None:
    ring = SharedRing.create(1 << 20)
    append(ring, b"x", noise(1, 60))
    _, slots = ring._slots(b"x")
    place = next(slot for slot in slots if ring._words[slot])
    for position in (1, (1 << 20) - 1, (1 << 20) - 60, 1 << 63, (1 << 64) - 1):
        ring._words[place + 1] = position
        assert ring.find(b"x") is None
