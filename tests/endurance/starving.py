"""Runs with too little disk, memory, open files: each run has a little more than the last."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.endurance.runs import Runs


def starving_runs(
    work: Path, options: tuple[str, ...], size: int
) -> Iterator[tuple[str, Iterator[Runs]]]:
    """Yield what is too little, and runs in one folder that get more of it, the last one enough.

    ``size``: bytes of all products of an undisturbed run.
    """
    for name, flag, limits in (
        ("size of files", "-f", [8, 64, 512, 4096]),  # KiB
        ("open files", "-n", [16, 32, 64, 128, 256]),
        ("memory", "-v", [200_000, 1_000_000, 3_000_000]),  # KiB
    ):
        yield name, _limited(Runs(work / name.replace(" ", "-"), options), flag, limits)
    yield from _small_disks(Runs(work / "disk", options), size)


def _limited(runs: Runs, flag: str, limits: list[int]) -> Iterator[Runs]:
    for limit in limits:
        prefix = ("bash", "-c", f'ulimit {flag} {limit} && exec "$@"', "bash")
        yield Runs(runs.folder, runs.options, prefix)
    yield runs


def _small_disks(runs: Runs, size: int) -> Iterator[tuple[str, Iterator[Runs]]]:
    runs.folder.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(runs.folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        print("disk: not tried, as this needs the right to mount a file system")
        return
    try:
        yield "disk", _growing(runs, size)
    finally:
        subprocess.run(["umount", "--lazy", str(runs.folder)], check=True)


def _growing(runs: Runs, size: int) -> Iterator[Runs]:
    for share in (0.01, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 3.0):
        option = f"remount,size={max(64 << 10, round(share * size))}"
        subprocess.run(["mount", "-o", option, str(runs.folder)], check=True)
        yield runs
