"""The miniature as it is distributed, made once for all processes of a test run."""

import fcntl
import os
from pathlib import Path

import pytest

from tests.miniature.__main__ import main


def shared_archives(factory: pytest.TempPathFactory) -> Path:
    """Return a data root of archives: 2, 2, 3 and 1 speakers with 2 recordings. Not to be changed.

    With pytest-xdist the folders of all its processes lie beside each other.
    """
    base = factory.getbasetemp()
    top = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    out, made = top / "miniature", top / "miniature.made"
    with (top / "miniature.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            main([str(out), "--speakers", "2", "2", "3", "1", "--utterances", "2"])
            made.touch()
    return out
