"""Files inside a Debian package, read without dpkg: a ``.deb`` is an ``ar`` archive whose last
member is a tar archive.

Format: deb(5). The tar archive is read once, front to back, and nothing is unpacked on disk.
"""

from __future__ import annotations

import lzma
import tarfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Literal

from speakernet.config import UserError

_Mode = Literal["r|", "r|gz", "r|bz2", "r|xz"]

_MODES: dict[str, _Mode] = {
    "data.tar": "r|",
    "data.tar.gz": "r|gz",
    "data.tar.bz2": "r|bz2",
    "data.tar.xz": "r|xz",
}
_AR_MAGIC = b"!<arch>\n"
_AR_HEADER_BYTES = 60
_READ_BYTES = 1 << 20


def iter_files(path: Path, is_wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    """Yield ``(name, content)`` of the regular files of a package that are wanted, in the archive's
    order.

    Names have no leading ``./``. Raises UserError if the file is missing, is no Debian package or
    is cut short.
    """
    try:
        with open(path, "rb") as file:
            mode = _seek_to_data(file, path)
            with tarfile.open(fileobj=file, mode=mode, bufsize=_READ_BYTES) as archive:
                for member in archive:
                    name = member.name.removeprefix("./")
                    if member.isreg() and is_wanted(name):
                        content = archive.extractfile(member)
                        assert content is not None
                        yield name, content.read()
    except (tarfile.TarError, lzma.LZMAError, zlib.error, EOFError) as error:
        raise UserError(f"{path}: not a complete Debian package: {error}") from None
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None


def _seek_to_data(file: BinaryIO, path: Path) -> _Mode:
    """Move to the start of ``data.tar.*`` and return how tarfile reads it."""
    if file.read(len(_AR_MAGIC)) != _AR_MAGIC:
        raise UserError(f"{path}: not a Debian package (no ar archive)")
    while len(header := file.read(_AR_HEADER_BYTES)) == _AR_HEADER_BYTES:
        name = header[:16].decode("ascii", "replace").strip().rstrip("/")
        if name.startswith("data.tar"):
            return _mode(name, path)
        size = int(header[48:58])
        file.seek(size + size % 2, 1)
    raise UserError(f"{path}: not a complete Debian package: it has no data.tar")


def _mode(name: str, path: Path) -> _Mode:
    if name not in _MODES:
        raise UserError(f"{path}: found {name}; expected one of {' '.join(_MODES)}")
    return _MODES[name]
