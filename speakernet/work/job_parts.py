"""Parallel jobs, numbered from 1: the part of the input that each processes, its output paths."""

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from speakernet.config import UserError

Items = TypeVar("Items", Sequence[str], range)


def job_part(items: Items, job: int, num_jobs: int) -> Items:
    """Return the ``job``-th (from 1) of ``num_jobs`` consecutive parts of ``items``.

    Sizes differ by one at most: with ``items`` on a line of unit steps, cut into equal lengths,
    each item belongs to the part that contains its middle. Raises UserError if ``job`` is not from
    1 to ``num_jobs``.
    """
    if not 1 <= job <= num_jobs:
        raise UserError(f"job {job} of {num_jobs}; expected a number from 1 to {num_jobs}")
    first, end = (-(-(2 * len(items) * j - num_jobs) // (2 * num_jobs)) for j in (job - 1, job))
    return items[first:end]


def job_paths(pattern: Path, num_jobs: int) -> list[Path]:
    """Return ``pattern``, which ends in JOB, with 1 to ``num_jobs`` in place of that.

    Raises UserError for another pattern.
    """
    prefix = str(pattern).removesuffix("JOB")
    if prefix in ("", str(pattern)):
        raise UserError(f"'{pattern}': expected the path of parts that ends in JOB")
    return [Path(f"{prefix}{job}") for job in range(1, num_jobs + 1)]
