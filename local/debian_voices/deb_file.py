"""Files inside a Debian package, read without dpkg: a ``.deb`` is an ``ar`` archive whose last
member is a tar archive.

Format: deb(5). The tar archive is read once, front to back, and nothing is unpacked on disk. What
it unpacks to is limited, so that a small file cannot fill the memory.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import re
import tarfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from speakernet.config import UserError
from speakernet.config.files import open_input
from speakernet.work.input_files import HEAD_BYTES, kind_of

_OPENERS: dict[str, Callable[[BinaryIO], BinaryIO]] = {
    "data.tar": lambda file: file,
    "data.tar.gz": lambda file: gzip.GzipFile(fileobj=file),  # type: ignore[dict-item,return-value]
    "data.tar.bz2": bz2.BZ2File,  # type: ignore[dict-item]
    "data.tar.xz": lzma.LZMAFile,  # type: ignore[dict-item]
}
_AR_MAGIC = b"!<arch>\n"
_AR_HEADER_BYTES = 60
_READ_BYTES = 1 << 20
# Control characters, and bytes that are not UTF-8.
_UNFIT = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
# Recordings shrink to a half or less; what shrinks to a 40th is no package of them.
_MAX_RATIO = 40
_SPARE_BYTES = 1 << 26
# What broken archives were seen to raise, and its kin.
_DAMAGES = (
    tarfile.TarError, lzma.LZMAError, zlib.error, EOFError, OSError, ValueError, RecursionError,
    OverflowError, LookupError,
)  # fmt: skip


def iter_files(path: Path, is_wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    """Yield ``(name, content)`` of the regular files of a package that are wanted, in the archive's
    order.

    Names have no leading ``./``. Raises UserError if the file is missing, is no Debian package, is
    cut short, or unpacks to more than a package of recordings does.
    """
    with open_input(path) as file:
        try:
            with _opened_data(file, path) as archive:
                for member in archive:
                    name = member.name.removeprefix("./")
                    if member.isreg() and is_wanted(name):
                        yield name, _content(archive, member, path)
        except _DAMAGES as error:
            reason = str(error) or type(error).__name__
            raise UserError(f"{path}: not a complete Debian package: {reason}") from None


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> bytes:
    if member.issparse() or _UNFIT.search(member.name):
        raise UserError(f"{path}: {member.name!r}: is no plain file")
    content = archive.extractfile(member)
    assert content is not None
    return content.read()


def _opened_data(file: BinaryIO, path: Path) -> tarfile.TarFile:
    """Open ``data.tar.*``."""
    unpacked = _seek_to_data(file, path)(file)
    most = _SPARE_BYTES + _MAX_RATIO * os.fstat(file.fileno()).st_size
    limited = _Limited(unpacked, most, path)
    return tarfile.open(fileobj=limited, mode="r|", bufsize=_READ_BYTES)


class _Limited(io.RawIOBase):
    """A file of which no more than ``most`` bytes can be read."""

    def __init__(self, file: BinaryIO, most: int, path: Path) -> None:
        super().__init__()
        self._file, self._left = file, most
        self._message = f"{path}: unpacks to more than {most} bytes: no package of recordings"

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise UserError(self._message)
        return data


def _seek_to_data(file: BinaryIO, path: Path) -> Callable[[BinaryIO], BinaryIO]:
    """Move to the start of ``data.tar.*`` and return how it is unpacked."""
    head = file.read(HEAD_BYTES)
    if not head.startswith(_AR_MAGIC):
        raise UserError(f"{path}: not a Debian package: {kind_of(head) or 'no ar archive'}")
    file.seek(len(_AR_MAGIC))
    while len(header := file.read(_AR_HEADER_BYTES)) == _AR_HEADER_BYTES:
        name = header[:16].decode("ascii", "replace").strip().rstrip("/")
        if name.startswith("data.tar"):
            return _opener(name, path)
        digits = header[48:58].strip()
        if not digits.isdigit():
            raise UserError(f"{path}: not a Debian package: a member of {digits!r} bytes")
        file.seek(int(digits) + int(digits) % 2, os.SEEK_CUR)
    raise UserError(f"{path}: not a complete Debian package: it has no data.tar")


def _opener(name: str, path: Path) -> Callable[[BinaryIO], BinaryIO]:
    if name not in _OPENERS:
        raise UserError(f"{path}: found {name}; expected one of {' '.join(_OPENERS)}")
    return _OPENERS[name]
