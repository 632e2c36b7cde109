"""What all tests share: one thread a process, and where the repository is."""

import os
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# Set before anything imports torch: several test processes share the machine.
for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
os.environ.setdefault("MPLBACKEND", "Agg")

# The same examples each time, and no limit to their time, as a machine may be busy. Others:
# `pytest --hypothesis-profile=explore tests/property`.
settings.register_profile("explore", deadline=None)
settings.register_profile("fixed", deadline=None, derandomize=True)
settings.load_profile("fixed")


@pytest.fixture(scope="session")
def repository() -> Path:
    """The folder that holds run.sh."""
    return Path(__file__).resolve().parents[1]


@pytest.fixture
def little_memory() -> Iterator[None]:
    """Limit this process to 1 GB more than it has now."""
    limits = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + (1 << 30), limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, limits)
