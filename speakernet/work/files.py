"""Atomic writes of files and folders: under a temporary name beside the target, then renamed.

The temporary name is unique to its writer (``temporary``), so that two copies of one job, on one
machine or two, never write to the same file; the one that finishes last replaces the other.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import blake2b
from io import BufferedWriter, FileIO
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from speakernet.config.errors import UserError, reason_of
from speakernet.work.temporary import remove, remove_abandoned, target_of, unique_suffix

_BUFFER_BYTES = 1 << 20


class Checksum(NamedTuple):
    """Size in bytes, modification time in ns and BLAKE2b digest of a file."""

    size: int
    mtime_ns: int
    digest: str


def new_digest() -> blake2b:
    """Return a new hash of the kind that all checksums use: BLAKE2b, 128 bits."""
    return blake2b(digest_size=16)


def suffixed(path: Path, suffix: str) -> Path:
    """Return ``path`` with ``.suffix`` appended, which keeps dots in the name (cf. with_suffix).

    Raises UserError for a path without a name: ``.`` and ``/``.
    """
    if path.name in ("", ".."):
        raise UserError(f"{path}: expected a name of its own, not that of a folder above")
    return path.with_name(f"{path.name}.{suffix}")


def move(source: Path, target: Path) -> None:
    """Rename ``source`` to ``target``, replacing a file there; all other modules rename by this."""
    os.replace(source, target)
    if not target.is_dir():  # renaming one hard link of a file to another leaves both (POSIX)
        source.unlink(missing_ok=True)


@contextmanager
def write_errors(path: Path) -> Iterator[None]:
    """Context manager: turn an OSError (full disk, missing folder) into a UserError with a path."""
    try:
        yield
    except OSError as error:
        raise UserError(f"{_shown_name(error, path)}: {reason_of(error)}") from error


def _shown_name(error: OSError, path: Path) -> str:
    """Return the name that the user knows: a temporary one stands for its target."""
    found = Path(os.fsdecode(error.filename)) if error.filename is not None else path
    return str(target_of(found))


class _DigestingFile(FileIO):
    """A new file that hashes what is written to it; only for sequential writing."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, "x")
        self.digest = new_digest()

    def write(self, data: Any) -> int:
        written = super().write(data)
        self.digest.update(memoryview(data).cast("B")[:written])
        return written


class NewFile(BufferedWriter):
    """A file written under a temporary name, for use as ``with NewFile(path) as file``.

    It is renamed to ``path`` if the block succeeds, and removed if it raises. To replace two files
    that belong together, ``finish`` both, then ``publish`` both. Raises UserError if the disk is
    full or the folder is missing. ``fsync``: flush to disk first, against crashes of the machine.
    """

    def __init__(self, path: Path, *, fsync: bool = False) -> None:
        self.path = Path(path)
        self._fsync = fsync
        self._temporary = _temporary_path(self.path)
        self._checksum: Checksum | None = None
        with write_errors(self.path):
            remove_abandoned(self.path.parent, self.path.name)
            self._file = _DigestingFile(self._temporary)
        super().__init__(self._file, _BUFFER_BYTES)

    def finish(self) -> None:
        """Flush the buffer and close."""
        if self._checksum is None:
            with write_errors(self.path):
                self.flush()
                if self._fsync:
                    os.fsync(self.fileno())
                status, digest = os.fstat(self.fileno()), self._file.digest.hexdigest()
                self._checksum = Checksum(status.st_size, status.st_mtime_ns, digest)
                self.close()

    def publish(self) -> None:
        """Finish, and rename to ``path``."""
        self.finish()
        with write_errors(self.path):
            move(self._temporary, self.path)

    def discard(self) -> None:
        """Close, and remove the temporary file if it was not published."""
        with suppress(OSError):  # closing flushes, which fails on a full disk
            self.close()
        self._temporary.unlink(missing_ok=True)

    @property
    def checksum(self) -> Checksum:
        """The checksum of the finished file, computed while writing."""
        assert self._checksum is not None, "the file is not finished"
        return self._checksum

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        _: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self.publish()
        finally:
            self.discard()
        if isinstance(error, OSError) and error.filename is None:  # raised by a write in the block
            raise UserError(f"{self.path}: {reason_of(error)}") from error


def open_for_replace(path: Path, *, fsync: bool = False) -> NewFile:
    """Open a file for binary writing that replaces ``path`` if the ``with`` block succeeds."""
    return NewFile(path, fsync=fsync)


@contextmanager
def path_for_replace(path: Path) -> Iterator[Path]:
    """Yield a temporary path for other code to write to; the file then replaces ``path``."""
    with _temporary_for(path) as temporary:
        yield temporary
        move(temporary, path)


@contextmanager
def folder_for_replace(path: Path) -> Iterator[Path]:
    """Make an empty folder that replaces ``path`` if the block succeeds, and is removed otherwise.

    If ``path`` is a symbolic link to a folder, the target of the link is replaced.
    """
    path = path.resolve()
    with _temporary_for(path) as temporary:
        temporary.mkdir(parents=True)
        yield temporary
        _replace_folder(temporary, path)


@contextmanager
def scratch_folder(path: Path) -> Iterator[Path]:
    """Make an empty folder for temporary files beside ``path``; it is removed after the block."""
    with _temporary_for(path) as temporary:
        temporary.mkdir(parents=True)
        yield temporary
        remove(temporary)


@contextmanager
def _temporary_for(path: Path) -> Iterator[Path]:
    """Yield a temporary path for ``path``; remove what was written there if the block raises."""
    temporary = _temporary_path(path)
    with write_errors(path):
        remove_abandoned(path.parent, path.name)
        try:
            yield temporary
        except BaseException:
            remove(temporary)
            raise


def _temporary_path(path: Path) -> Path:
    return suffixed(path, unique_suffix())


def _replace_folder(new: Path, path: Path) -> None:
    """Rename ``new`` to ``path``, which other processes may replace at the same time."""
    while True:
        try:
            move(new, path)
            return
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR, errno.EISDIR):
                raise
        old = _temporary_path(path)
        with suppress(FileNotFoundError):
            move(path, old)
            remove(old)
