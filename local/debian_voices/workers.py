"""A function mapped over tasks by several processes, where the death of one is an error and not a
wait without end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from speakernet.config import UserError

Task = TypeVar("Task")
Result = TypeVar("Result")


def map_tasks(
    function: Callable[[Task], Result], tasks: Sequence[Task], num_processes: int
) -> list[Result]:
    """Return the results in the order of the tasks. Raises what ``function`` raises, and UserError
    if a process dies.
    """
    with ProcessPoolExecutor(num_processes) as pool:
        try:
            return list(pool.map(function, tasks))
        except BrokenProcessPool:
            raise UserError("a worker process was killed (out of memory?); try --nj 1") from None
        finally:
            pool.shutdown(cancel_futures=True)
