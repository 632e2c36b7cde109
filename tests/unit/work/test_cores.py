"""Cores: the machine's, but no more than a batch system gives, unless the user says."""

import os

import pytest

from speakernet.work.cores import num_cores

NAMES = ("SPEAKERNET_CORES", "SLURM_CPUS_PER_TASK", "SLURM_CPUS_ON_NODE", "NSLOTS")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, 16),
        ({"NSLOTS": "3"}, 3),
        ({"SLURM_CPUS_ON_NODE": "12", "SLURM_CPUS_PER_TASK": "6"}, 6),
        ({"SLURM_CPUS_ON_NODE": "12"}, 12),
        ({"NSLOTS": "64"}, 16),
        ({"NSLOTS": "64", "SPEAKERNET_CORES": "64"}, 64),
        ({"NSLOTS": "0", "SLURM_CPUS_PER_TASK": "a[$(id)]", "SPEAKERNET_CORES": "-1"}, 16),
    ],
)
def test_num_cores(values: dict[str, str], expected: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(16)))
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    assert num_cores() == expected
