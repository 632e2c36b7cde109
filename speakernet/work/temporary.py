"""Temporary names of files and folders that are being written, and what killed writers left.

A name is unique to its writer: host, process, a number.
"""

import itertools
import os
import re
import shutil
import socket
import time
from contextlib import suppress
from pathlib import Path

_ABANDONED_AFTER_S = 24 * 3600.0
_NUMBERS = itertools.count()
_TEMPORARY = re.compile(r"(?P<name>.+)\.(?P<host>[^/.]+)-(?P<process>\d+)-\d+\.tmp")


def unique_suffix() -> str:
    """Return what makes a temporary name that no other writer has, of any host or process."""
    return f"{_host()}-{os.getpid()}-{next(_NUMBERS)}.tmp"


def _host() -> str:
    return re.sub(r"[^\w-]", "_", socket.gethostname()) or "host"


def target_of(path: Path) -> Path:
    """Return what a temporary name stands for, and any other path as it is."""
    match = _TEMPORARY.fullmatch(path.name)
    return path.with_name(match["name"]) if match else path


def remove_abandoned(folder: Path, *names: str) -> None:
    """Remove temporary files in ``folder`` that killed writers of ``names`` (or of any file) left.

    Those of this host are removed if their process has ended, those of other hosts after a day.
    """
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in list(entries):
            match = _TEMPORARY.fullmatch(entry.name)
            if match and (not names or match["name"] in names):
                path = Path(entry.path)
                if _is_abandoned(path, match["host"], int(match["process"])):
                    remove(path)


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


def remove(path: Path) -> None:
    """Remove a file or a folder, if it exists."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
