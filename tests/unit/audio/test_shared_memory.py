"""Memory that several processes share: who gets it, who may write, and what if there is none."""

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from speakernet.audio.shared_cache import SharedCache
from speakernet.config import UserError
from tests.forks import in_a_child, noise, write_a_share

KIB = 1024


ATTACHING = """
import sys, numpy as np
from speakernet.audio.shared_cache import SharedCache
cache = SharedCache.attach(sys.argv[1])
found = cache.get("from the maker")
assert found is not None and found.sum() == 55, found
cache.put("from another", 2 * found)
"""


def attach(script: str, address: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", script, address], capture_output=True, text=True, check=False
    )


def test_another_process_attaches_by_the_address() -> None:
    cache = SharedCache.create(1 << 20)
    cache.put("from the maker", np.arange(11, dtype=np.float32))
    result = attach(ATTACHING, cache.address)
    assert result.returncode == 0, result.stderr
    found = cache.get("from another")
    assert found is not None and found.sum() == 110


MAKING = """
import sys, time
from speakernet.audio.shared_cache import SharedCache
from speakernet.audio.shared_ring import _HEAD
print(SharedCache.create(1 << 20).address, flush=True)
"""


def test_of_a_maker_that_has_ended_there_is_no_cache_and_a_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    address = attach(MAKING, "").stdout.strip()
    cache = SharedCache.attach(address)
    cache.put("x", noise(1, 10))
    assert cache.get("x") is None
    assert [r.getMessage() for r in caplog.records] == [
        f"no cache of audio: that of process {address.split(':')[0]} is out of reach: "
        "No such file or directory"
    ]


def test_another_file_under_the_address_is_not_taken(caplog: pytest.LogCaptureFixture) -> None:
    first = SharedCache.create(1 << 20)
    process, number, token = first.address.split(":")
    other = SharedCache.create(1 << 20)
    readable, writable = os.pipe()
    elsewhere = other.address.split(":")[1]
    for descriptor in (elsewhere, readable, writable):
        assert SharedCache.attach(f"{process}:{descriptor}:{token}").address == ""
    assert len(caplog.records) == 3 and number != elsewhere
    os.close(readable)
    os.close(writable)


@pytest.mark.parametrize("address", ["x", "1:2", "1:2:3", "-1:3:" + 16 * "0", "1:2:" + 17 * "a"])
def test_what_is_no_address_is_a_mistake(address: str) -> None:
    with pytest.raises(UserError, match=f"^address of a shared cache: found '{address}'; expected"):
        SharedCache.attach(address)


def limit_files(num_bytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (num_bytes, resource.RLIM_INFINITY))


def test_a_system_that_refuses_the_memory_is_said_in_one_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def work() -> None:
        limit_files(1 << 20)
        cache = SharedCache.create(64 << 20)
        cache.put("x", noise(1, 10))
        assert cache.get("x") is None
        assert [r.getMessage() for r in caplog.records] == [
            "no cache of audio: the system refuses 67108864 bytes: File too large; raise the limit "
            "of a file's size: ulimit -f unlimited"
        ]

    assert in_a_child(work) == 0


def test_memory_that_runs_out_later_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    cache = SharedCache.create(64 << 20)

    def work() -> None:
        limit_files(1 << 20)
        for number in range(40):
            cache.put(str(number), noise(number, 30_000))
        kept = [cache.get(str(n)) for n in range(40)]
        assert kept[0] is not None and kept[-1] is None
        assert all(k is None or np.array_equal(k, noise(n, 30_000)) for n, k in enumerate(kept))
        assert len(caplog.records) == 1 and "cannot grow further" in caplog.text

    assert in_a_child(work) == 0
    cache.put("39", noise(39, 30_000))
    assert np.array_equal(cache.get("39"), noise(39, 30_000))  # type: ignore[arg-type]


def test_a_writer_that_was_stopped_holds_nobody_up_for_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cache = SharedCache.create(256 * KIB)
    process = os.fork()
    if not process:
        monkeypatch.setattr(os, "pwritev", write_a_share(0.5, signal.SIGSTOP))
        cache.put("slow", noise(1, 5_000))
        os._exit(0)
    os.waitpid(process, os.WUNTRACED)
    start = time.monotonic()
    cache.put("quick", noise(2, 5_000))
    assert time.monotonic() - start < 5 and cache.get("quick") is None
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    cache.put("quick", noise(2, 5_000))
    assert np.array_equal(cache.get("quick"), noise(2, 5_000))  # type: ignore[arg-type]


def test_threads_write_one_at_a_time_and_a_fork_waits_for_them() -> None:
    cache = SharedCache.create(1 << 20)
    assert cache._ring is not None
    memory, has_lock = cache._ring.memory, threading.Event()

    def hold(seconds: float) -> None:
        with memory.writing():
            has_lock.set()
            time.sleep(seconds)

    def during(seconds: float, work: Callable[[], Any]) -> None:
        thread = threading.Thread(target=hold, args=(seconds,))
        thread.start()
        has_lock.wait()
        work()
        thread.join()
        has_lock.clear()

    during(1.0, lambda: cache.put("not now", noise(1, 10)))
    assert cache.get("not now") is None
    during(0.1, lambda: in_a_child(lambda: cache.put("in a child", noise(1, 10))))
    assert cache.get("in a child") is not None
