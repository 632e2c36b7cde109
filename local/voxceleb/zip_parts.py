"""Unpack a zip archive that is whole or in parts, by threads that share one directory of it.

Unpacking can be interrupted and run again: files that are there with the right size are kept, and
every file appears whole or not at all.
"""

from __future__ import annotations

import re
import stat
import struct
import unicodedata
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate
from pathlib import Path
from threading import Lock

from joined_parts import Parts, check_kinds, find_gap
from zip_directory import (
    BadArchiveError,
    CutArchiveError,
    Entry,
    check_overlaps,
    read_directory,
)

from speakernet.config import UserError
from speakernet.config.errors import reason_of
from speakernet.work.files import open_for_replace
from speakernet.work.progress import Progress

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_ENCRYPTED = 1
_STORED, _DEFLATED = 0, 8
_MAX_FILE_BYTES = 1 << 30
# Audio hardly shrinks in a zip, but for digital silence; deflate reaches 1 : 1032.
_MAX_RATIO = 200
_BLOCK_BYTES = 1 << 20
_LOCAL = struct.Struct("<4s5H3L2H")


def read_entries(
    paths: Sequence[Path], is_wanted: Callable[[str], bool], num_parts: int = 0
) -> list[Entry]:
    """Return the files of an archive whose names are wanted.

    ``num_parts``: how many it is distributed in, for the message if one is missing. Raises
    UserError for what is no zip or not a whole one, for one without such files, and for entries
    that cannot be unpacked safely: encrypted ones, those that lead out of the folder or overwrite
    each other, and sizes that no audio has.
    """
    check_kinds(paths)
    with Parts(paths) as parts:
        entries = [e for e in _directory(parts, num_parts) if is_wanted(e.name)]
    if not entries:
        raise UserError(f"{paths[0]}: has none of the files that are expected in it")
    for entry in entries:
        problem = _problem(entry)
        if problem:
            raise UserError(f"{paths[0]}: {entry.name!r}: {problem}")
    _check_collisions(paths[0], [entry.name for entry in entries])
    return entries


def _directory(parts: Parts, num_parts: int) -> list[Entry]:
    first, last = parts.paths[0], parts.paths[-1]
    place = f"{first}" if first == last else f"{first} to {last.name}"
    try:
        entries = read_directory(parts.read_at, parts.num_bytes)
        check_overlaps(entries, parts.num_bytes)
    except CutArchiveError as error:
        gap = find_gap(parts.paths, num_parts)
        raise UserError(gap or f"{place}: not a complete zip: {error}; fetch it again") from None
    except (BadArchiveError, struct.error) as error:
        raise UserError(f"{place}: not a complete zip: {error}") from None
    return entries


def _problem(entry: Entry) -> str | None:
    """Return why an entry cannot be unpacked, if so."""
    if not is_safe_name(entry.name):
        return "the name leads out of the folder, or has control characters"
    if stat.S_IFMT(entry.mode) not in (0, stat.S_IFREG):
        return "a link or device; expected a file"
    if entry.flags & _ENCRYPTED:
        return "is encrypted"
    if entry.method not in (_STORED, _DEFLATED):
        return f"packed by method {entry.method}; expected none, or deflate"
    if entry.size > _MAX_FILE_BYTES or entry.size > _MAX_RATIO * entry.packed + 65536:
        return f"{entry.size} bytes, {entry.packed} of them packed: no audio file"
    return None


def is_safe_name(name: str) -> bool:
    """Return whether a path in an archive stays below the folder, in one line."""
    is_outside = {"", ".", ".."} & set(name.split("/")) or "\\" in name
    return not is_outside and not _CONTROL.search(name)


def _check_collisions(place: Path, names: Sequence[str]) -> None:
    """Some file systems take names for equal that differ in case, or in how accents are coded."""
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(unicodedata.normalize("NFC", name).casefold(), name)
        if other is not name:
            raise UserError(f"{place}: '{other}' and '{name}' may be one file when unpacked")
    folders = {folder for name in seen for folder in accumulate(name.split("/")[:-1], _joined)}
    for name in folders & seen.keys():
        raise UserError(f"{place}: '{seen[name]}' is a file and a folder")


def _joined(folder: str, name: str) -> str:
    return f"{folder}/{name}"


def is_there(entry: Entry, target: Path) -> bool:
    """Return whether a file has been unpacked before."""
    return target.is_file() and target.stat().st_size == entry.size


def unpack(
    paths: Sequence[Path],
    entries: Sequence[Entry],
    target_of: Callable[[str], Path],
    num_threads: int,
) -> int:
    """Unpack files to where ``target_of`` says by their names; return how many were not there.

    Threads suffice, as reading, inflating and writing leave Python's lock to others. Raises
    UserError for one that is damaged: it names the part that it lies in.
    """
    with Parts(paths) as parts, Progress(len(entries), "files") as shown:
        work = _Work(entries, shown)
        with ThreadPoolExecutor(num_threads) as pool:
            jobs = [pool.submit(_unpack_some, parts, work, target_of) for _ in range(num_threads)]
            return sum(job.result() for job in jobs)


class _Work:
    """What is to be unpacked, handed out to threads in the order of the archive."""

    def __init__(self, entries: Sequence[Entry], shown: Progress) -> None:
        self._left = iter(sorted(entries, key=lambda entry: entry.offset))
        self._lock = Lock()
        self._shown = shown

    def __iter__(self) -> Iterator[Entry]:
        while (entry := self._take()) is not None:
            yield entry
            with self._lock:
                self._shown.advance()

    def _take(self) -> Entry | None:
        with self._lock:
            return next(self._left, None)

    def stop(self) -> None:
        """Hand out nothing more."""
        with self._lock:
            self._left = iter(())


def _unpack_some(parts: Parts, work: _Work, target_of: Callable[[str], Path]) -> int:
    num_new = 0
    try:
        for entry in work:
            target = target_of(entry.name)
            if not is_there(entry, target):
                _unpack_one(parts, entry, target)
                num_new += 1
    except BaseException:
        work.stop()
        raise
    return num_new


def _unpack_one(parts: Parts, entry: Entry, target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{target.parent}: {reason_of(error)}") from None
    with open_for_replace(target) as file:
        try:
            file.writelines(_content(parts, entry))
        except (BadArchiveError, zlib.error, struct.error) as error:
            part = parts.part_at(entry.offset)
            raise UserError(f"{part}: {entry.name} is damaged in it: {error}") from None


def _content(parts: Parts, entry: Entry) -> Iterator[bytes]:
    """Yield the content of a file in blocks; its size and checksum are those of the directory."""
    inflater = None if entry.method == _STORED else zlib.decompressobj(-zlib.MAX_WBITS)
    place = _begin(parts, entry)
    end = place + entry.packed
    size = crc = 0
    while place < end:
        packed = parts.read_at(place, min(_BLOCK_BYTES, end - place))
        if not packed:
            raise BadArchiveError("it ends early")
        place += len(packed)
        block = inflater.decompress(packed, entry.size - size + 1) if inflater else packed
        size, crc = size + len(block), zlib.crc32(block, crc)
        if size > entry.size:
            break
        yield block
    if size != entry.size or crc != entry.crc:
        raise BadArchiveError(f"{size} bytes with another checksum; expected {entry.size}")


def _begin(parts: Parts, entry: Entry) -> int:
    """Return where the content of a file begins: after its header, which has its name again."""
    header = parts.read_at(entry.offset, _LOCAL.size)
    signature, *_, name_length, extra_length = _LOCAL.unpack(header)
    if signature != b"PK\3\4":
        raise BadArchiveError("its header is not where the archive's directory says")
    return entry.offset + _LOCAL.size + name_length + extra_length
