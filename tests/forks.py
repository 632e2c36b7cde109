"""Forked processes that do something, or end in the middle of it; arrays for them."""

import os
import signal
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray


def noise(seed: int, size: int | tuple[int, ...], dtype: str = "int16") -> NDArray[Any]:
    """Return integers that are the same for the same ``seed``."""
    numbers = np.random.default_rng(seed).integers(-30_000, 30_000, size)
    return numbers.astype(dtype)


def in_a_child(work: Callable[[], None]) -> int:
    """Do ``work`` in a forked process; return its exit status, negative if it was killed."""
    process = os.fork()
    if not process:
        try:
            work()
        except BaseException:
            os._exit(3)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def write_a_share(share: float, then: signal.Signals) -> Callable[..., int]:
    """Return an ``os.pwritev`` that writes only a share, then sends its process a signal."""
    real = os.pwritev

    def write(descriptor: int, parts: list[Any], place: int) -> int:
        data = b"".join(map(bytes, parts))
        real(descriptor, [data[: round(share * len(data))]], place)
        os.kill(os.getpid(), then)
        return len(data)

    return write
