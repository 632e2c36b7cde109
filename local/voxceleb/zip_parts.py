"""A zip archive that is distributed in parts (``X_partaa``, ``X_partab``, …), unpacked without
joining the parts on disk.

Unpacking can be interrupted and run again: files that are there with the right size are kept, and
every file appears whole or not at all.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path

from speakernet.config import UserError
from speakernet.config.files import open_input
from speakernet.work.files import open_for_replace
from speakernet.work.input_files import HEAD_BYTES, kind_of
from speakernet.work.job_parts import job_part

_SUFFIXES = (".wav", ".m4a")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_ENCRYPTED = 1
_MAX_FILE_BYTES = 1 << 30
# Audio hardly shrinks in a zip, but for digital silence; deflate reaches 1 : 1032.
_MAX_RATIO = 200
# What zipfile was seen to raise for broken archives, and its kin.
_DAMAGES = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, NotImplementedError,
    RuntimeError, OverflowError,
)  # fmt: skip


class JoinedFiles(io.RawIOBase):
    """Files read one after the other as if they were one; seekable."""

    def __init__(self, paths: Sequence[Path]) -> None:
        """Open all parts. Raises UserError."""
        super().__init__()
        self._files = [open_input(path) for path in paths]
        self._sizes = [os.fstat(file.fileno()).st_size for file in self._files]
        self._position = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the position in the joined file."""
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to a position of the joined file."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: sum(self._sizes)}[whence]
        if base + offset < 0:
            raise ValueError("a place before the start of the file")
        self._position = base + offset
        return self._position

    def readinto(self, buffer: object) -> int:
        """Read from the part that the position lies in; fewer bytes than asked for at its end."""
        view = memoryview(buffer)  # type: ignore[arg-type]
        start = 0
        for file, size in zip(self._files, self._sizes, strict=True):
            if self._position < start + size:
                file.seek(self._position - start)
                count = file.readinto(view[: start + size - self._position])
                self._position += count
                return count
            start += size
        return 0

    def close(self) -> None:
        """Close all parts."""
        for file in self._files:
            file.close()
        super().close()


def audio_names(parts: Sequence[Path]) -> list[str]:
    """Return the names of the audio files of an archive.

    Raises UserError for what is no zip, for one without audio, and for entries that cannot be
    unpacked safely: encrypted ones, those that lead out of the folder or overwrite each other, and
    sizes that no audio has.
    """
    _check_kind(parts[0])
    with _reading(parts), _opened(parts) as archive:
        infos = [info for info in archive.infolist() if _is_audio(info.filename)]
        if not infos:
            raise UserError(f"{parts[0]}: has no file that ends in {' or '.join(_SUFFIXES)}")
        for info in infos:
            problem = _problem(info)
            if problem:
                raise UserError(f"{parts[0]}: {info.filename!r}: {problem}")
        _check_collisions(parts[0], [info.filename for info in infos])
        _check_sizes(parts, infos)
        return [info.filename for info in infos]


def _check_kind(path: Path) -> None:
    with open_input(path) as file:
        head = file.read(HEAD_BYTES)
    kind = kind_of(head)
    if kind and not head.startswith(b"PK"):
        raise UserError(f"{path}: found {kind}; expected a zip")


def _is_audio(name: str) -> bool:
    """Return whether a name is that of an audio file; macOS adds ``._`` files to zips."""
    return name.lower().endswith(_SUFFIXES) and not name.rpartition("/")[2].startswith("._")


def _problem(info: zipfile.ZipInfo) -> str | None:
    """Return why an entry cannot be unpacked, if so."""
    names = info.filename.split("/")
    mode = info.external_attr >> 16
    if {"", ".", ".."} & set(names) or "\\" in info.filename:
        return "the name leads out of the folder"
    if _CONTROL.search(info.filename):
        return "a name with control characters"
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return "a link or device; expected a file"
    if info.flag_bits & _ENCRYPTED:
        return "is encrypted"
    if info.file_size > _MAX_FILE_BYTES or info.file_size > _MAX_RATIO * info.compress_size + 65536:
        return f"{info.file_size} bytes, {info.compress_size} of them packed: no audio file"
    return None


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


def _check_sizes(parts: Sequence[Path], infos: Sequence[zipfile.ZipInfo]) -> None:
    """Refuse entries that share their bytes, as those of a zip bomb do."""
    there = sum(path.stat().st_size for path in parts)
    claimed = sum(info.compress_size for info in infos)
    if claimed > there:
        raise UserError(f"{parts[0]}: its entries claim {claimed} bytes of {there}: no whole zip")


def unpack(parts: Sequence[Path], names: Sequence[str], folder: Path, num_processes: int) -> None:
    """Unpack the files of an archive that ``audio_names`` found below ``folder``. Raises UserError
    for one that is damaged.
    """
    shares = [job_part(names, job + 1, num_processes) for job in range(num_processes)]
    with ProcessPoolExecutor(num_processes) as pool:
        jobs = [pool.submit(_unpack_share, parts, folder, share) for share in shares]
        for job in jobs:
            job.result()


@contextmanager
def _opened(parts: Sequence[Path]) -> Iterator[zipfile.ZipFile]:
    with JoinedFiles(parts) as joined, zipfile.ZipFile(io.BufferedReader(joined)) as archive:
        yield archive


@contextmanager
def _reading(parts: Sequence[Path], name: str = "") -> Iterator[None]:
    """Turn what zipfile raises for damaged archives into a UserError."""
    try:
        yield
    except _DAMAGES as error:
        is_name = isinstance(error, UnicodeDecodeError)
        reason = "a name that is not UTF-8" if is_name else str(error) or type(error).__name__
        place = f"{parts[0]}: {name}" if name else f"{parts[0]} to {parts[-1].name}"
        raise UserError(f"{place}: not a complete zip: {reason}") from None


def _unpack_share(parts: Sequence[Path], folder: Path, names: Sequence[str]) -> None:
    with _opened(parts) as archive:
        for name in names:
            info = archive.getinfo(name)
            target = folder / name
            if target.is_file() and target.stat().st_size == info.file_size:
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            with (
                _reading(parts, name),
                archive.open(info) as source,
                open_for_replace(target) as file,
            ):
                shutil.copyfileobj(source, file)
                if file.tell() != info.file_size:
                    raise ValueError(f"{file.tell()} bytes; expected {info.file_size}")
