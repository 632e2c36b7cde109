"""Arrays of jobs, numbered from 1: what each of them gets, and the files that it leaves."""

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from speakernet.config import UserError

Items = TypeVar("Items", Sequence[str], range)


def share(items: Items, job: int, num_jobs: int) -> Items:
    """Return the ``job``-th (from 1) of ``num_jobs`` consecutive shares of ``items``, near-equal
    in size: each item is where its middle is, if ``items`` are cut into ``num_jobs`` equal lengths.

    Raises UserError if there is no such job.
    """
    if not 1 <= job <= num_jobs:
        raise UserError(f"job {job} of {num_jobs}; expected a number from 1 to {num_jobs}")
    first, end = (-(-(2 * len(items) * j - num_jobs) // (2 * num_jobs)) for j in (job - 1, job))
    return items[first:end]


def job_paths(pattern: str, num_jobs: int) -> list[Path]:
    """Return ``pattern`` with JOB replaced by 1 to ``num_jobs``."""
    return [Path(pattern.replace("JOB", str(job))) for job in range(1, num_jobs + 1)]
