"""Files and folders that appear whole or not at all: written beside their place, then renamed.

The temporary name belongs to its writer alone (host, process, a number), so that two copies of one
job, on one machine or on two, never write to the same file: the last whole product stays.
"""

from __future__ import annotations

import errno
import itertools
import os
import re
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import blake2b
from io import BufferedWriter, FileIO
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from speakernet.config import UserError

_BUFFER_BYTES = 1 << 20
_ABANDONED_AFTER_S = 24 * 3600.0
_NUMBERS = itertools.count()
_TEMPORARY = re.compile(r"(?P<name>.+)\.(?P<host>[^/.]+)-(?P<process>\d+)-\d+\.tmp")


class Proof(NamedTuple):
    """What shows that a file is still the one that was written."""

    size: int
    mtime_ns: int
    digest: str


def new_digest() -> blake2b:
    """Return the checksum of this package: BLAKE2b, 128 bits."""
    return blake2b(digest_size=16)


def suffixed(path: Path, suffix: str) -> Path:
    """Return ``path.suffix``; unlike ``with_suffix`` it keeps what follows a dot in the name."""
    return path.with_name(f"{path.name}.{suffix}")


def move(source: Path, target: Path) -> None:
    """Rename ``source`` to ``target``, replacing a file there. The only renaming of the package."""
    os.replace(source, target)


@contextmanager
def write_errors(path: Path) -> Iterator[None]:
    """Turn an OSError (a full disk, a missing folder) into a UserError that names ``path``."""
    try:
        yield
    except OSError as error:
        raise UserError(f"{error.filename or path}: {error.strerror or error}") from error


class _DigestingFile(FileIO):
    """A new file that computes the checksum of what is written to it, from start to end."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, "x")
        self.digest = new_digest()

    def write(self, data: Any) -> int:
        written = super().write(data)
        self.digest.update(memoryview(data).cast("B")[:written])
        return written


class NewFile(BufferedWriter):
    """A file written under a name of its own, for use as ``with NewFile(path) as file``.

    It becomes ``path`` when the block ends well, and disappears when it does not. Two files that
    belong together are finished first, both, and then published. Raises UserError if the disk is
    full or the folder missing. ``fsync``: wait until it is safe from a crash of the machine.
    """

    def __init__(self, path: Path, *, fsync: bool = False) -> None:
        self.path = Path(path)
        self._fsync = fsync
        self._temporary = _temporary_path(self.path)
        self._proof: Proof | None = None
        with write_errors(self.path):
            remove_abandoned(self.path.parent, self.path.name)
            self._file = _DigestingFile(self._temporary)
        super().__init__(self._file, _BUFFER_BYTES)

    def finish(self) -> None:
        """Write what is left in the buffer and close."""
        if self._proof is None:
            with write_errors(self.path):
                self.flush()
                if self._fsync:
                    os.fsync(self.fileno())
                status = os.fstat(self.fileno())
                self._proof = Proof(
                    status.st_size, status.st_mtime_ns, self._file.digest.hexdigest()
                )
                self.close()

    def publish(self) -> None:
        """Finish, and take the place of ``path``."""
        self.finish()
        with write_errors(self.path):
            move(self._temporary, self.path)

    def discard(self) -> None:
        """Close and remove what was not published."""
        with suppress(OSError):  # a full disk does not take the buffer: the file goes anyway
            self.close()
        self._temporary.unlink(missing_ok=True)

    @property
    def proof(self) -> Proof:
        """The size, time and checksum of the finished file, as it was written."""
        assert self._proof is not None, "the file is not finished"
        return self._proof

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
        if isinstance(error, OSError) and error.filename is None:  # of a write in the block
            raise UserError(f"{self.path}: {error.strerror or error}") from error


def open_for_replace(path: Path, *, fsync: bool = False) -> NewFile:
    """Open a file for binary writing that becomes ``path`` when the ``with`` block ends well."""
    return NewFile(path, fsync=fsync)


@contextmanager
def path_for_replace(path: Path) -> Iterator[Path]:
    """Yield a free name for something else to write; the file then becomes ``path``."""
    with _replacing(path, _unlink) as temporary:
        yield temporary
        move(temporary, path)


@contextmanager
def folder_for_replace(path: Path) -> Iterator[Path]:
    """Make an empty folder that becomes ``path`` (replacing what is there) when the block ends
    well, and disappears otherwise. Where ``path`` is a link to a folder, that is replaced.
    """
    path = path.resolve()
    with _replacing(path, _remove_tree) as temporary:
        temporary.mkdir(parents=True)
        yield temporary
        _replace_folder(temporary, path)


@contextmanager
def scratch_folder(path: Path) -> Iterator[Path]:
    """Make an empty folder for intermediate files beside ``path``, which is removed in the end."""
    with _replacing(path, _remove_tree) as temporary:
        temporary.mkdir(parents=True)
        yield temporary
        _remove_tree(temporary)


@contextmanager
def _replacing(path: Path, remove: Callable[[Path], None]) -> Iterator[Path]:
    """Yield a temporary name for ``path``; what has it is removed if the block fails."""
    temporary = _temporary_path(path)
    with write_errors(path):
        remove_abandoned(path.parent, path.name)
        try:
            yield temporary
        except BaseException:
            remove(temporary)
            raise


def _temporary_path(path: Path) -> Path:
    return suffixed(path, f"{_host()}-{os.getpid()}-{next(_NUMBERS)}.tmp")


def _host() -> str:
    return re.sub(r"[^\w-]", "_", socket.gethostname()) or "host"


def remove_abandoned(folder: Path, *names: str) -> None:
    """Remove what writers of ``names`` (or of anything) in ``folder`` left when they were killed.

    A writer on this host is known to be dead; what another host's left goes after a day.
    """
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in list(entries):
            match = _TEMPORARY.fullmatch(entry.name)
            if match and (not names or match["name"] in names):
                path = Path(entry.path)
                if _is_abandoned(path, match["host"], int(match["process"])):
                    _remove_tree(path)


def _is_abandoned(path: Path, host: str, process: int) -> bool:
    if host == _host():
        return process != os.getpid() and not _is_running(process)
    with suppress(FileNotFoundError):
        return time.time() - path.stat().st_mtime > _ABANDONED_AFTER_S
    return False


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _replace_folder(new: Path, path: Path) -> None:
    """Put ``new`` in the place of ``path``, also where another process does the same."""
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
            _remove_tree(old)


def _unlink(path: Path) -> None:
    path.unlink(missing_ok=True)


def _remove_tree(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        _unlink(path)
