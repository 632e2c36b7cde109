"""Arrays that several processes share: the right one or none, whoever is killed and whenever."""

import os
import random
import signal
import time
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from speakernet.audio.shared_cache import SharedCache
from speakernet.audio.shared_ring import _HEAD
from tests.forks import in_a_child, noise, write_a_share

KIB = 1024


@pytest.mark.parametrize("dtype", ["int16", "int32", "float32", "float64"])
@pytest.mark.parametrize("shape", [(0,), (1,), (7,), (50_001,), (16_384,), (20_000, 2), (5, 0)])
def test_what_was_put_comes_back(dtype: str, shape: tuple[int, ...]) -> None:
    cache, array = SharedCache.create(4 << 20), noise(1, shape, dtype)
    cache.put("rooms/a b.wav", array)
    found = cache.get("rooms/a b.wav")
    assert found is not None and found.dtype == array.dtype
    assert np.array_equal(found, array) and cache.shape("rooms/a b.wav") == shape
    assert cache.get("rooms/a b.wa") is None and cache.shape("other") is None


def test_what_comes_back_is_a_copy() -> None:
    cache = SharedCache.create(1 << 20)
    cache.put("x", noise(1, 100)[::-2])
    first = cache.get("x")
    assert first is not None and np.array_equal(first, noise(1, 100)[::-2])
    first[:] = 0
    assert np.array_equal(cache.get("x"), noise(1, 100)[::-2])  # type: ignore[arg-type]


@pytest.mark.parametrize("shape", [(100_003,), (40_000, 3)])
def test_a_part_is_the_part_of_the_whole(shape: tuple[int, ...]) -> None:
    cache, array = SharedCache.create(4 << 20), noise(2, shape)
    cache.put("x", array)
    for first in (0, 1, 5_461, 16_384, 39_999, shape[0] - 1, shape[0], shape[0] + 9):
        for count in (0, 1, 16_384, 32_001, None):
            found = cache.get("x", first, count)
            wanted = array[first:] if count is None else array[first : first + count]
            assert found is not None and np.array_equal(found, wanted), (first, count)


def test_a_name_may_have_any_bytes() -> None:
    cache, name = SharedCache.create(1 << 20), os.fsdecode(b"\xff\xfe/\xe9.wav")
    cache.put(name, noise(3, 9))
    assert cache.get(name) is not None


@pytest.mark.parametrize("array", [np.zeros(3, bool), np.zeros((2, 2, 2)), np.zeros(3, ">i2")])
def test_other_types_are_refused(array: NDArray[Any]) -> None:
    with pytest.raises(TypeError, match="the cache stores one or two axes of int16, int32"):
        SharedCache.create(1 << 20).put("x", array)


def test_what_was_stored_first_is_evicted_first_and_the_size_is_kept() -> None:
    cache = SharedCache.create(300 * KIB)
    for number in range(40):
        cache.put(str(number), noise(number, 10_000))
        assert cache.counts().used_bytes <= cache.counts().max_bytes == 300 * KIB
    kept = [number for number in range(40) if cache.shape(str(number))]
    assert kept == list(range(40 - len(kept), 40)) and 12 <= len(kept) <= 15
    assert all(np.array_equal(cache.get(str(n)), noise(n, 10_000)) for n in kept)  # type: ignore[arg-type]


def test_what_is_larger_than_half_the_cache_is_not_stored() -> None:
    cache = SharedCache.create(100 * KIB)
    cache.put("small", noise(1, 20_000))
    cache.put("large", noise(2, 26_000))
    assert cache.shape("small") and cache.get("large") is None


def test_no_size_is_no_cache() -> None:
    cache = SharedCache.create(0)
    cache.put("x", noise(1, 10))
    assert cache.get("x") is None and cache.shape("x") is None
    assert cache.counts() == (0, 0, 0, 0) and SharedCache.attach(cache.address).get("x") is None


def test_memory_is_taken_as_the_cache_fills() -> None:
    cache = SharedCache.create(8 << 30)
    ring = cache._ring
    assert ring is not None

    def held() -> int:
        return 512 * os.fstat(ring.memory._descriptor).st_blocks

    empty = held()
    assert empty < (8 << 30) // 900
    cache.put("x", noise(1, 500_000))
    assert 1_000_000 <= held() - empty < 1_100_000


def test_the_first_array_of_a_key_stays() -> None:
    cache = SharedCache.create(1 << 20)
    cache.put("x", noise(1, 1000))
    used = cache.counts().used_bytes
    assert not in_a_child(lambda: cache.put("x", noise(2, 1000)))
    assert np.array_equal(cache.get("x"), noise(1, 1000))  # type: ignore[arg-type]
    assert cache.counts().used_bytes == used


def test_hits_and_misses_of_all_processes_are_counted() -> None:
    cache = SharedCache.create(1 << 20)

    def read() -> None:
        assert cache.get("x") is None
        cache.put("x", noise(1, 100))
        assert all(cache.get("x") is not None for _ in range(5))

    assert not in_a_child(read)
    assert cache.get("x") is not None and cache.get("y") is None
    assert cache.counts()[:2] == (6, 2)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 1.0])
def test_a_writer_killed_while_writing_leaves_no_trace(
    share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = SharedCache.create(256 * KIB)
    for number in range(30):  # so that what is cut off ends in old entries
        cache.put(str(number), noise(number, 5_000))

    def work() -> None:
        monkeypatch.setattr(os, "pwritev", write_a_share(share, signal.SIGKILL))
        cache.put("new", noise(99, 40_000))

    assert in_a_child(work) == -signal.SIGKILL
    assert cache.get("new") is None
    for number in range(30):
        found = cache.get(str(number))
        assert found is None or np.array_equal(found, noise(number, 5_000))
    cache.put("new", noise(99, 40_000))
    assert np.array_equal(cache.get("new"), noise(99, 40_000))  # type: ignore[arg-type]


SIZES = [random.Random(number).randrange(1, 40_000) for number in range(60)]


def use(cache: SharedCache, arrays: dict[str, NDArray[Any]], seed: int) -> None:
    """Read and write at random for ever; end with status 3 when a wrong array comes back."""
    draw = random.Random(seed)
    while True:
        key = draw.choice(list(arrays))
        first, count = draw.randrange(len(arrays[key])), draw.choice([None, 500, 20_000])
        found = cache.get(key, first, count)
        wanted = arrays[key][first:] if count is None else arrays[key][first : first + count]
        if found is None:
            cache.put(key, arrays[key])
        elif found.dtype != wanted.dtype or not np.array_equal(found, wanted):
            raise AssertionError(key)


def start(cache: SharedCache, arrays: dict[str, NDArray[Any]], seed: int) -> int:
    process = os.fork()
    if not process:
        try:
            use(cache, arrays, seed)
        finally:
            os._exit(3)
    return process


def test_sixteen_processes_that_are_killed_at_random_never_read_a_wrong_array() -> None:
    cache = SharedCache.create(700 * KIB)
    arrays = {
        f"{n}.wav": noise(n, size, "float32" if n % 3 == 0 else "int16")
        for n, size in enumerate(SIZES)
    }
    draw, begun = random.Random(5), 16
    assert cache._ring is not None
    words = cache._ring._words
    processes = [start(cache, arrays, seed) for seed in range(begun)]
    statuses: list[int] = []
    # Until the ring has gone round again and again, however slow the machine is.
    while len(statuses) < 60 or words[_HEAD] < 40 * 700 * KIB or cache.counts().hits < 500:
        time.sleep(draw.random() * 0.03)
        victim = processes.pop(draw.randrange(len(processes)))
        os.kill(victim, signal.SIGKILL)
        statuses.append(os.waitstatus_to_exitcode(os.waitpid(victim, 0)[1]))
        processes.append(start(cache, arrays, begun := begun + 1))
    for process in processes:
        os.kill(process, signal.SIGKILL)
        statuses.append(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))
    assert set(statuses) == {-signal.SIGKILL} and cache.counts().misses > 500
    cache.put("after all", noise(77, 1_000))
    assert np.array_equal(cache.get("after all"), noise(77, 1_000))  # type: ignore[arg-type]
