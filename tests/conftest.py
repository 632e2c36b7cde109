"""What all tests share: one thread a process, and where the repository is."""

import os
from pathlib import Path

import pytest

# Set before anything imports torch: several test processes share the machine.
for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
os.environ.setdefault("MPLBACKEND", "Agg")


@pytest.fixture(scope="session")
def repository() -> Path:
    """The folder that holds run.sh."""
    return Path(__file__).resolve().parents[1]
