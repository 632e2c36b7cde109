"""Files from outside: opened only if they are files, and read as text only up to a size."""

import os
import stat
from io import BufferedReader
from pathlib import Path

from speakernet.config.errors import UserError, reason_of

MAX_TEXT_BYTES = 64 << 20
"""More than any file has that is read as one text: logs and results of long trainings."""

_FROM_THE_SHELL = ("/dev/stdin", "/dev/fd/", "/proc/self/fd/")
"""Where pipes are by design: ``<(command)`` and redirections."""


def is_given(path: Path) -> bool:
    """Return whether an optional file is there: also a link to nothing, or something else than a
    file, which reading then refuses. Taking it for missing would change results without a word.
    """
    return os.path.lexists(path)


def open_input(path: str | Path) -> BufferedReader:
    """Open a file for reading, or a pipe that the shell made (``<(command)``).

    Raises UserError for anything else: other pipes would block, and devices have no end.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise UserError(f"{str(path) or repr('')}: no such file") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be opened: {reason_of(error)}") from None
    kind = _other_kind(os.fstat(descriptor).st_mode)
    if kind and not (kind == "a pipe" and str(path).startswith(_FROM_THE_SHELL)):
        os.close(descriptor)
        raise UserError(f"{path}: found {kind}; expected a file")
    os.set_blocking(descriptor, True)
    return open(descriptor, "rb")


def _other_kind(mode: int) -> str:
    if stat.S_ISREG(mode):
        return ""
    if stat.S_ISDIR(mode):
        return "a folder"
    return "a pipe" if stat.S_ISFIFO(mode) else "a device"


def read_bytes(path: str | Path, max_bytes: int = MAX_TEXT_BYTES) -> bytes:
    """Return what is in a file of a text. Raises UserError as ``open_input`` does, or for size."""
    with open_input(path) as file:
        try:
            data = file.read(max_bytes + 1)
        except OSError as error:
            raise UserError(f"{path}: cannot be read: {reason_of(error)}") from None
    if len(data) > max_bytes:
        raise UserError(
            f"{path}: has more than {max_bytes >> 10} KiB; expected a smaller text file"
        )
    return data


def read_text(path: str | Path, max_bytes: int = MAX_TEXT_BYTES) -> str:
    """Return the text of a file in UTF-8. Raises UserError as ``read_bytes`` does."""
    data = read_bytes(path, max_bytes)
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        found = data[error.start : error.start + 1].hex()
        raise UserError(f"{path}:{line}: byte 0x{found} is not UTF-8 text") from None
