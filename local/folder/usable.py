"""Which recordings can be used: each file is decoded once, and copies are found by their bytes."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple

from folder_files import LeftOut, Source

from speakernet.prepare.audio_files import MIN_S, Inspected, inspect
from speakernet.work.workers import map_tasks

# What a table or a container rounds an end to.
_ROUNDED_S = 0.1


class Usable(NamedTuple):
    """A recording that can be used, and how long it is (or its part)."""

    source: Source
    duration_s: float


def usable(sources: Sequence[Source], num_jobs: int) -> tuple[list[Usable], list[LeftOut]]:
    """Return the recordings that can be decoded, once each, and the others.

    Of a speaker's files with the same content the first is used; of those that two speakers have,
    none, as nobody knows whose they are.
    """
    inspected = _inspect_all(sorted({source.path for source in sources}), num_jobs)
    left_out, found = [], []
    for source in sources:
        length = _length(source, inspected[source.path])
        if isinstance(length, str):
            left_out.append(LeftOut(source.path, length))
        else:
            found.append(Usable(source, length))
    kept, copies = _without_copies(found, inspected)
    return kept, left_out + copies


def _inspect_all(paths: Sequence[Path], num_jobs: int) -> dict[Path, Inspected]:
    """Return what becomes of each file; only files of the same size can be copies."""
    sizes = {}
    for path in paths:
        with suppress(OSError):  # which reading it will tell
            sizes[path] = os.stat(path).st_size
    counts = Counter(sizes.values())
    twins = [path for path in paths if counts[sizes.get(path, -1)] > 1]
    single = [path for path in paths if counts[sizes.get(path, -1)] <= 1]
    results: dict[Path, Inspected] = {}
    for group, with_digest in ((twins, True), (single, False)):
        work = partial(inspect, with_digest=with_digest)
        results |= dict(zip(group, map_tasks(work, group, num_jobs, "files"), strict=True))
    return results


def _length(source: Source, file: Inspected) -> float | str:
    """Return how long a recording or part is in seconds, or why it cannot be used."""
    if file.problem:
        return file.problem
    start = source.start_s or 0.0
    end = file.duration_s if source.end_s is None else source.end_s
    if end > file.duration_s + _ROUNDED_S or start >= file.duration_s:
        return f"ends before its part does ({file.duration_s:.2f} s)"
    length = min(end, file.duration_s) - start
    return length if length >= MIN_S else f"shorter than {MIN_S} s"


def _without_copies(
    found: Sequence[Usable], inspected: dict[Path, Inspected]
) -> tuple[list[Usable], list[LeftOut]]:
    same: dict[tuple[str | Path, float | None, float | None], list[Usable]] = defaultdict(list)
    for each in found:
        path = each.source.path
        content = inspected[path].digest or path
        same[content, each.source.start_s, each.source.end_s].append(each)
    kept, left_out = [], []
    for group in same.values():
        speakers = {each.source.speaker for each in group}
        if len(speakers) > 1:
            reason = f"two speakers have the same: {' and '.join(sorted(speakers)[:2])}"
            left_out += [LeftOut(each.source.path, reason) for each in group]
        else:
            kept.append(group[0])
            left_out += [LeftOut(each.source.path, "copy of another file") for each in group[1:]]
    return kept, left_out
