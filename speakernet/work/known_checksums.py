"""Checksums of files that others own and that are many: a corpus, noises, impulse responses.

They are kept in a table, so that only files are read whose size or modification time has changed
since. A million files take a second or two of ``stat`` on a local disk.
"""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from speakernet.config import UserError
from speakernet.work.files import Checksum, open_for_replace
from speakernet.work.record import compute_checksum

logger = logging.getLogger(__name__)

_NUM_THREADS = 16  # files of a network wait for each other's answers
_NUM_AT_ONCE = 1000
_MAX_NAMED = 3

Checksums = dict[str, Checksum | None]


def digests_of_files(paths: Sequence[str], table: Path) -> list[str]:
    """Return the digest of each file, "" for one that cannot be read.

    ``table`` holds what is known, by paths relative to the folder above all of them: all of the
    files may have moved. It is written anew if that has changed.
    """
    root = common_folder(paths)
    names = {path: path.removeprefix(f"{root}/") for path in dict.fromkeys(paths)}
    known = _read(table)
    now = _look_at(names, known)
    if now != known:
        _name_changes(root, known, now)
        _write(table, now)
    checksums = (now[names[path]] for path in paths)
    return [checksum.digest if checksum else "" for checksum in checksums]


def common_folder(paths: Sequence[str]) -> str:
    """Return the folder that all files are in, as their paths have it, or "." if there is none."""
    folders = {path.rpartition("/")[0] for path in paths}
    try:
        return os.path.commonpath(folders) or "."
    except ValueError:  # none at all, or relative paths beside absolute ones
        return "."


def _look_at(names: Mapping[str, str], known: Checksums) -> Checksums:
    items = list(names.items())
    parts = [items[i : i + _NUM_AT_ONCE] for i in range(0, len(items), _NUM_AT_ONCE)]

    def look(part: Sequence[tuple[str, str]]) -> Checksums:
        return {name: _checksum(path, known.get(name)) for path, name in part}

    found: Checksums = {}
    with ThreadPoolExecutor(_NUM_THREADS) as pool:
        for result in pool.map(look, parts):
            found |= result
    return found


def _checksum(path: str, known: Checksum | None) -> Checksum | None:
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            return None
        if known and (status.st_size, status.st_mtime_ns) == known[:2]:
            return known
        return compute_checksum(Path(path))
    except (OSError, UserError, ValueError):  # a path of another program may have a null
        return None


def _name_changes(root: str, known: Checksums, now: Checksums) -> None:
    changed = [name for name in now if name in known and _digest(known[name]) != _digest(now[name])]
    for name in changed[:_MAX_NAMED]:
        logger.info("%s has changed", os.path.join(root, name))
    if len(changed) > _MAX_NAMED:
        logger.info("%d more files in %s have changed", len(changed) - _MAX_NAMED, root)


def _digest(checksum: Checksum | None) -> str:
    return checksum.digest if checksum else ""


def _read(table: Path) -> Checksums:
    """Return what a table holds; what is none, is read as an empty one."""
    known: Checksums = {}
    with suppress(OSError, ValueError), open(table, "rb") as file:
        for line in file:
            size, time, digest, name = os.fsdecode(line.rstrip(b"\n")).split(" ", 3)
            known[name] = Checksum(int(size), int(time), digest) if digest != "-" else None
    return known


def _write(table: Path, checksums: Checksums) -> None:
    # Without the table everything is read again the next time: slower, and no more.
    with suppress(OSError, UserError):
        os.makedirs(table.parent, exist_ok=True)
        with open_for_replace(table) as file:
            file.writelines(_line(name, checksum) for name, checksum in checksums.items())


def _line(name: str, checksum: Checksum | None) -> bytes:
    size, time, digest = checksum or Checksum(0, 0, "-")
    return f"{size} {time} {digest} {name}\n".encode(errors="surrogateescape")
