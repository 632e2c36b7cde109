"""A function mapped over tasks by several processes, where the death of one is an error and not a
wait without end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from speakernet.config import UserError
from speakernet.work.progress import progress

Task = TypeVar("Task")
Result = TypeVar("Result")


def map_tasks(
    function: Callable[[Task], Result], tasks: Sequence[Task], num_processes: int, unit: str
) -> list[Result]:
    """Return the results in the order of the tasks; report progress in ``unit``.

    Raises what ``function`` raises, and UserError if a process dies.
    """
    with ProcessPoolExecutor(num_processes) as pool:
        try:
            return list(progress(pool.map(function, tasks), len(tasks), unit))
        except BrokenProcessPool:
            raise UserError("a worker process was killed (out of memory?); try --nj 1") from None
        finally:
            pool.shutdown(cancel_futures=True)
