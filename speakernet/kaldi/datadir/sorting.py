"""Putting tables in order and merging them, by the system's ``sort``, which bounds memory."""

from __future__ import annotations

import itertools
import logging
import operator
import os
import subprocess
from pathlib import Path

from speakernet.config import UserError
from speakernet.kaldi.tables import check_order, iter_ids, iter_line_blocks

logger = logging.getLogger(__name__)


def in_order(path: Path, work: Path) -> Path:
    """Return ``path`` if its ids are in order, else a sorted copy of it in the folder ``work``."""
    if ids_ascend(path):
        return path
    work.mkdir(exist_ok=True)
    sort_table(path, work / path.name)
    return work / path.name


def ids_ascend(path: Path) -> bool:
    """Return whether the ids are in order and none comes twice."""
    return all(itertools.starmap(operator.lt, itertools.pairwise(iter_ids(path))))


def sort_table(source: Path, target: Path) -> None:
    """Write the lines in order and without repeated ones to ``target``, which may be ``source``.

    Raises UserError for an id that has two different values.
    """
    num_lines = count_lines(source)
    merge_sorted([source], target, is_sorted=False)
    try:
        num_left = check_order(target)
    except UserError as error:
        problem = str(error).partition(": ")[2]
        raise UserError(f"{source}: {problem}, with different values") from None
    if num_lines != num_left:
        logger.warning("%s: dropped %d repeated lines", source, num_lines - num_left)


def count_lines(path: Path) -> int:
    """Return the number of lines."""
    return sum(len(lines) for _, lines in iter_line_blocks(path))


def merge_sorted(sources: list[Path], target: Path, *, is_sorted: bool = True) -> None:
    """Merge (or, unless ``is_sorted``, sort) tables by the bytes of their lines; repeated lines go.

    What does not fit into memory is spilled to the target's folder. Raises UserError when ``sort``
    fails, as on a full disk.
    """
    command = ["sort", "-u", "-T", str(target.parent), "-o", str(target)]
    if is_sorted:
        command.append("-m")
    result = subprocess.run(
        [*command, "--", *map(str, sources)],
        env={**os.environ, "LC_ALL": "C"},
        stderr=subprocess.PIPE,
        check=False,
    )
    if result.returncode != 0:
        first_line = result.stderr.decode(errors="replace").partition("\n")[0]
        raise UserError(f"{target}: {first_line.rpartition(': ')[2]}")
