"""Files and folders that appear whole or not at all: written beside their place, then renamed into
it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from speakernet.config import UserError


def suffixed(path: Path, suffix: str) -> Path:
    """Return ``path.suffix``; unlike ``with_suffix`` it keeps what follows a dot in the name."""
    return path.with_name(f"{path.name}.{suffix}")


def temporary_path(path: Path) -> Path:
    """Return the name under which ``path`` is written before it is complete."""
    return suffixed(path, "tmp")


@contextmanager
def write_errors(path: Path) -> Iterator[None]:
    """Turn an OSError (a full disk, a missing folder) into a UserError that names ``path``."""
    try:
        yield
    except OSError as error:
        raise UserError(f"{error.filename or path}: {error.strerror or error}") from error


def sync_and_close(file: BinaryIO, *, fsync: bool = True) -> None:
    """Close a file and, with ``fsync``, wait until it is safe from a crash of the machine."""
    file.flush()
    if fsync:
        os.fsync(file.fileno())
    file.close()


@contextmanager
def open_for_replace(path: Path, *, fsync: bool = False) -> Iterator[BinaryIO]:
    """Open a file for binary writing that becomes ``path`` when the block ends well, and
    disappears when it does not.

    Raises UserError if the disk is full or the folder missing.
    """
    temporary = temporary_path(path)
    with write_errors(path):
        try:
            with open(temporary, "wb") as file:
                yield file
                sync_and_close(file, fsync=fsync)
            os.replace(temporary, path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


@contextmanager
def folder_for_replace(path: Path) -> Iterator[Path]:
    """Make an empty folder that becomes ``path`` (replacing what is there) when the block ends
    well, and disappears otherwise. Where ``path`` is a link to a folder, that is replaced.
    """
    path = path.resolve()
    temporary = temporary_path(path)
    with write_errors(path):
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        try:
            yield temporary
            _replace_folder(temporary, path)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise


@contextmanager
def scratch_folder(path: Path) -> Iterator[Path]:
    """Make an empty folder for intermediate files, which is removed in the end."""
    with write_errors(path):
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)


def _replace_folder(new: Path, path: Path) -> None:
    old = suffixed(path, "old")
    shutil.rmtree(old, ignore_errors=True)
    if path.exists():
        path.rename(old)
    new.rename(path)
    shutil.rmtree(old, ignore_errors=True)
