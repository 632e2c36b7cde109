"""CPU seconds of whole processes, measured side by side, and the table that shows them."""

import os
import resource
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
# One core: no library may start threads of its own.
ENVIRONMENT = {
    **os.environ,
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYTHONPATH": str(ROOT),
    "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
}


def cpu_seconds(command: Sequence[str]) -> float:
    """Run ``command`` to its end and return the CPU seconds of it and all its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = subprocess.run(command, env=ENVIRONMENT, cwd=ROOT, capture_output=True, check=False)
    if result.returncode:
        raise SystemExit(f"{' '.join(command)}\n{result.stderr.decode()[-2000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def interleaved_medians(
    systems: Mapping[str, Sequence[str]], repeats: int, once: Sequence[str] = ()
) -> dict[str, float]:
    """Return the median CPU seconds of each system; they take turns, so that noise is shared.

    Systems named in ``once`` are slow, and run in the first round only.
    """
    seconds: dict[str, list[float]] = {name: [] for name in systems}
    for turn in range(repeats):
        for name, command in systems.items():
            if turn == 0 or name not in once:
                seconds[name].append(cpu_seconds(command))
    return {name: statistics.median(values) for name, values in seconds.items()}


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = [header, ["---"] + ["---:"] * (len(header) - 1), *rows]
    return "\n".join(map(markdown_row, lines))


def markdown_row(cells: Sequence[str]) -> str:
    """Return a line of a table."""
    return "| " + " | ".join(cells) + " |"
