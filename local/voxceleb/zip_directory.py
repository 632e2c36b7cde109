"""The directory at the end of a zip archive: where each file lies in it, and how large it is.

Format: APPNOTE.TXT of PKWARE, 4.3.12 to 4.3.16, with the records of zip64. Entries take some 400
bytes each, a quarter of what ``zipfile`` needs, and one list serves all threads: VoxCeleb2 has a
million.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

ReadAt = Callable[[int, int], bytes]
"""Reads from an archive: (offset, number of bytes) to bytes, fewer at its end."""

_END = struct.Struct("<4s4H2LH")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR = struct.Struct("<4sLQL")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_MAX_COMMENT = 1 << 16
_MAX_DIRECTORY = 1 << 30
_IS_UTF8 = 1 << 11
_IN_EXTRA = 0xFFFFFFFF


class BadArchiveError(ValueError):
    """An archive that cannot be read; the message says why."""


class CutArchiveError(BadArchiveError):
    """An archive of which bytes are missing; the message says which."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in an archive: ``offset`` is that of its local header, ``size`` that of its content,
    ``packed`` that of what is stored of it, in bytes; mode: of the file system, if known.
    """

    name: str
    offset: int
    packed: int
    size: int
    crc: int
    method: int
    flags: int
    mode: int


class _End(NamedTuple):
    """Where the directory is, by what the archive says, and where it ends in truth."""

    num_entries: int
    size: int
    offset: int
    found_end: int


def read_directory(read_at: ReadAt, num_bytes: int) -> list[Entry]:
    """Return the entries of an archive of ``num_bytes``.

    Raises CutArchiveError if bytes are missing, BadArchiveError for other damage.
    """
    end = _find_end(read_at, num_bytes)
    start = end.found_end - end.size
    if start < end.offset:
        raise CutArchiveError(f"{end.offset - start} bytes are missing before its end")
    if end.size > _MAX_DIRECTORY:
        raise BadArchiveError(f"its directory has {end.size} bytes, more than any of this kind")
    # Bytes before an archive move all of it, as in a program that unpacks itself.
    entries = list(_entries(read_at(start, end.size), start - end.offset))
    if (len(entries) - end.num_entries) % (1 << 16):  # some writers let the number overflow
        raise BadArchiveError(f"{len(entries)} entries; its end says {end.num_entries}")
    return entries


def check_overlaps(entries: list[Entry], num_bytes: int) -> None:
    """Raise BadArchiveError if entries share their bytes, as those of a zip bomb do."""
    places = sorted((entry.offset, entry.packed) for entry in entries)
    for (offset, packed), (following, _) in pairwise([*places, (num_bytes, 0)]):
        if offset + packed > following:
            raise BadArchiveError(f"entries at {offset} and {following} share bytes")


def _find_end(read_at: ReadAt, num_bytes: int) -> _End:
    tail_size = min(num_bytes, _END.size + _MAX_COMMENT)
    tail = read_at(num_bytes - tail_size, tail_size)
    place = tail.rfind(b"PK\5\6")
    if place < 0 or len(tail) - place < _END.size:
        raise CutArchiveError("its end is not there")
    *_, num_entries, size, offset, _ = _END.unpack_from(tail, place)
    position = num_bytes - tail_size + place
    return _find_end_64(read_at, position) or _End(num_entries, size, offset, position)


def _find_end_64(read_at: ReadAt, position: int) -> _End | None:
    """Return what the larger record says, which lies before the other, if there is one."""
    before = read_at(max(0, position - _LOCATOR.size), min(position, _LOCATOR.size))
    if not before.startswith(b"PK\6\7") or len(before) < _LOCATOR.size:
        return None
    place = position - _LOCATOR.size - _END_64.size
    record = read_at(max(0, place), _END_64.size)
    if place < 0 or not record.startswith(b"PK\6\6"):
        raise BadArchiveError("its record of sizes over 4 GB is damaged")
    *_, num_entries, size, offset = _END_64.unpack(record)
    return _End(num_entries, size, offset, place)


def _entries(directory: bytes, shift: int) -> Iterator[Entry]:
    place = 0
    while place < len(directory):
        fields = _unpack_entry(directory, place)
        names_at = place + _ENTRY.size
        extra_at = names_at + fields[10]
        place = extra_at + fields[11] + fields[12]
        if place > len(directory):
            raise BadArchiveError("its directory is damaged")
        crc, packed, size = fields[7:10]
        extra = directory[extra_at : extra_at + fields[11]]
        size, packed, offset = _large(extra, [size, packed, fields[16]])
        name = _decoded(directory[names_at:extra_at], fields[3])
        mode = fields[15] >> 16
        yield Entry(name, offset + shift, packed, size, crc, fields[4], fields[3], mode)


def _unpack_entry(directory: bytes, place: int) -> tuple[int, ...]:
    if len(directory) - place < _ENTRY.size or directory[place : place + 4] != b"PK\1\2":
        raise BadArchiveError("its directory is damaged")
    return _ENTRY.unpack_from(directory, place)


def _large(extra: bytes, values: list[int]) -> list[int]:
    """Replace values that do not fit into four bytes by those of the extra field of zip64."""
    if _IN_EXTRA not in values:
        return values
    place = 0
    while place + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, place)
        if kind == 1:
            count = min(length, len(extra) - place - 4) // 8
            large = iter(struct.unpack_from(f"<{count}Q", extra, place + 4))
            return [next(large, value) if value == _IN_EXTRA else value for value in values]
        place += 4 + length
    return values


def _decoded(name: bytes, flags: int) -> str:
    if not flags & _IS_UTF8:
        return name.decode("cp437")
    try:
        return name.decode()
    except UnicodeDecodeError:
        raise BadArchiveError("a name that is not UTF-8") from None
