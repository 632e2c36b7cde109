"""Blocks of rows on all cores, by threads: NumPy releases the interpreter's lock in its loops."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from threadpoolctl import threadpool_limits

from speakernet.work.cores import num_cores


def num_threads() -> int:
    """Return OMP_NUM_THREADS, or else the number of cores that this process may use."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    return int(asked) if asked.isdecimal() and int(asked) else num_cores()


def map_blocks(function: Callable[[slice], None], num_rows: int, block: int) -> None:
    """Call ``function`` with consecutive slices that cover range(num_rows), on all cores.

    Each call writes its own rows, so that the result depends neither on their order nor on the
    number of threads: matrix products inside run on one thread each.
    """
    slices = [slice(start, min(start + block, num_rows)) for start in range(0, num_rows, block)]
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(num_threads()) as pool:
        for _ in pool.map(function, slices):
            pass
