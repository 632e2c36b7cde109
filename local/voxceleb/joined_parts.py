"""An archive that is distributed in parts (``X_partaa``, ``X_partab``, …), read as one file without
joining them on disk; and which part is missing or cut short, if one is.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from itertools import accumulate, product
from pathlib import Path
from string import ascii_lowercase
from typing import Self

from speakernet.config import UserError
from speakernet.config.files import open_input
from speakernet.work.input_files import HEAD_BYTES, kind_of

_PART = re.compile(r"(?P<stem>.*_part)(?P<letters>[a-z]{2})(?P<suffix>\.zip)?")


class Parts:
    """Files read one after the other as if they were one; several threads may read."""

    def __init__(self, paths: Sequence[Path]) -> None:
        """Open all parts. Raises UserError."""
        self.paths = list(paths)
        self._files = [open_input(path) for path in paths]
        self.sizes = [os.fstat(file.fileno()).st_size for file in self._files]
        self._starts = [0, *accumulate(self.sizes)]

    @property
    def num_bytes(self) -> int:
        """The size of all parts together."""
        return self._starts[-1]

    def read_at(self, offset: int, size: int) -> bytes:
        """Return ``size`` bytes from a place of the joined file, fewer at its end."""
        pieces = []
        for file, start, end in zip(self._files, self._starts, self._starts[1:], strict=False):
            while offset < end and size > 0 and offset >= start:
                piece = os.pread(file.fileno(), min(size, end - offset), offset - start)
                if not piece:
                    raise UserError(f"{file.name}: has become shorter while it was read")
                pieces.append(piece)
                offset, size = offset + len(piece), size - len(piece)
        return b"".join(pieces)

    def part_at(self, offset: int) -> Path:
        """Return the part that a place of the joined file lies in."""
        inside = (i for i, end in enumerate(self._starts[1:]) if offset < end)
        return self.paths[next(inside, -1)]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._files:
            file.close()


def check_kinds(paths: Sequence[Path]) -> None:
    """Raise UserError for files that are something known, other than a zip or a part of one."""
    for number, path in enumerate(paths):
        with open_input(path) as file:
            head = file.read(HEAD_BYTES)
        kind = kind_of(head)
        # What is in the middle of an archive may begin as anything that is short.
        is_other = kind.startswith(("an HTML", "a Git LFS", "nothing", "zero bytes"))
        if (number == 0 and kind and not head.startswith(b"PK")) or is_other:
            raise UserError(f"{path}: found {kind}; expected a zip{_or_part(path)}")


def _or_part(path: Path) -> str:
    return ", or a part of one" if _PART.fullmatch(path.name) else ""


def find_gap(paths: Sequence[Path], num_official: int) -> str:
    """Return a message that names a part which is missing or cut short; empty if none can be named.

    It is asked when the archive as a whole is not complete. ``num_official``: how many parts it is
    distributed in.
    """
    found = {match["letters"]: p for p in paths if (match := _PART.fullmatch(p.name))}
    if len(found) < len(paths):
        return ""
    last = max(found)
    for number, letters in enumerate(_all_letters()):
        if letters not in found and (letters < last or number < num_official):
            return _missing_part(paths[0], letters, num_official)
        if letters >= last and number + 1 >= num_official:
            return _short_part(paths)
    return ""


def _all_letters() -> Iterator[str]:
    return map("".join, product(ascii_lowercase, repeat=2))


def _missing_part(first: Path, letters: str, num_official: int) -> str:
    match = _PART.fullmatch(first.name)
    assert match is not None
    name = f"{match['stem']}{letters}"
    return f"{first.with_name(name)} is missing ({num_official} parts are distributed): fetch it"


def _short_part(paths: Sequence[Path]) -> str:
    """All but the last are of one size, as ``split`` makes them."""
    sizes = [path.stat().st_size for path in paths]
    for path, size in zip(paths[:-1], sizes, strict=False):
        if size < max(sizes[:-1]):
            return f"{path} has {size} bytes, others {max(sizes[:-1])}: fetch it again"
    return f"{paths[-1]} is cut short ({sizes[-1]} bytes): fetch it again"
