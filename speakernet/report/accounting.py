"""What the stages of a run took: from the lines that runners and utils/once.sh leave to a table.

A line of ``log/usage.tsv`` is a job of a runner, see ``utils/perl/Usage.pm``, or (runner ``here``)
the command of a product with all processes that it started on its own machine, or (``srun``) what a
Slurm job has started on one of its machines.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from speakernet.config.errors import UserError
from speakernet.config.files import read_text
from speakernet.work.files import open_for_replace
from speakernet.work.progress import duration

HERE, STEP = "here", "srun"
COLUMNS = ("stage", "wall_s", "cpu_s", "memory_gib", "gpu_hours", "jobs", "retries", "nodes")
_NUM_FIELDS = 17
_LOCAL = ("run.pl", HERE)  # what run.pl's jobs take is in the line of their product's command, too
_MOST_NODES = 8


@dataclass(frozen=True)
class UsageLine:
    """A line; seconds and memory (GiB) are 0 where nobody knows them."""

    stage: str
    product: str
    runner: str
    job: str
    node: str
    wall_s: float
    cpu_s: float
    memory_gib: float
    gpus: float


def read_usage(path: Path) -> list[UsageLine]:
    """Read the lines of a run. Raises UserError for others."""
    lines = read_text(path).splitlines()
    return [_read_line(line, f"{path}:{number}") for number, line in enumerate(lines, start=1)]


def _read_line(line: str, place: str) -> UsageLine:
    fields = line.split("\t")
    if len(fields) != _NUM_FIELDS:
        raise UserError(f"{place}: expected {_NUM_FIELDS} fields with tabs, found {len(fields)}")
    stage, product, runner, log, number, _, _, _, _, node, _, *figures = fields
    started, ended, cpu_s, kib, _, gpus = (_number(text, place) for text in figures)
    wall_s = max(0.0, ended - started) if started else 0.0
    job = f"{log}\t{number}"
    return UsageLine(stage, product, runner, job, node, wall_s, cpu_s, kib / 2**20, gpus)


def _number(text: str, place: str) -> float:
    if text == "-":
        return 0.0
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < 1e15:
        raise UserError(f"{place}: expected a number, 0 or more, or -, found '{text}'")
    return number


@dataclass(frozen=True)
class StageUsage:
    """Sums of a stage over all calls of run.sh so far. ``retries``: jobs that ran once more."""

    stage: str
    wall_s: float
    cpu_s: float
    memory_gib: float
    gpu_hours: float
    jobs: int
    retries: int
    nodes: tuple[str, ...]

    def cells(self) -> list[str]:
        """Return the row of the table."""
        figures = (f"{self.wall_s:.0f}", f"{self.cpu_s:.0f}", f"{self.memory_gib:.2f}")
        counts = (f"{self.gpu_hours:.2f}", str(self.jobs), str(self.retries))
        return [self.stage, *figures, *counts, _some(self.nodes)]

    def text(self) -> str:
        """Return the same as one reads it."""
        parts = [f"{duration(self.wall_s)} in all, {duration(self.cpu_s)} of CPU"]
        parts += [f"at most {self.memory_gib:.2f} GiB"] if self.memory_gib else []
        parts += [f"{self.gpu_hours:.2f} GPU hours"] if self.gpu_hours else []
        parts += [f"{self.jobs} jobs, {self.retries} of them again"] if self.jobs else []
        return f"{', '.join(parts)}; on {_some(self.nodes)}"


def _some(nodes: Sequence[str]) -> str:
    if len(nodes) <= _MOST_NODES:
        return " ".join(nodes) or "-"
    return f"{' '.join(nodes[:_MOST_NODES])} … ({len(nodes)} machines)"


def sum_stages(lines: Iterable[UsageLine]) -> list[StageUsage]:
    """Return a row for each stage, in their order, and one of all stages."""
    ordered = sorted(lines, key=lambda line: line.stage)
    groups = {stage: list(group) for stage, group in groupby(ordered, lambda line: line.stage)}
    rows = [_sum(stage, group) for stage, group in groups.items()]
    return [*rows, _sum("all", ordered)] if rows else []


def _sum(stage: str, lines: Sequence[UsageLine]) -> StageUsage:
    remote_lines = [line for line in lines if line.runner not in _LOCAL]
    jobs = [line for line in lines if line.runner not in (HERE, STEP)]
    own = [line for line in lines if line.runner == HERE]
    remote = {line.product for line in jobs}
    # A product that has jobs of its own has its GPUs there.
    gpus = [*jobs, *(line for line in own if line.product not in remote)]
    return StageUsage(
        stage,
        wall_s=sum(line.wall_s for line in own),
        cpu_s=sum(line.cpu_s for line in [*own, *remote_lines]),
        memory_gib=max((line.memory_gib for line in lines), default=0.0),
        gpu_hours=sum(line.gpus * line.wall_s for line in gpus) / 3600,
        jobs=len(jobs),
        retries=len(jobs) - len({line.job for line in jobs}),
        nodes=tuple(sorted({line.node for line in lines} - {"-"})),
    )


def write_accounting(usage: Path, table: Path) -> Iterator[str]:
    """Write the table of what was used, and yield a line of text for each stage, for people.

    Raises UserError for a file of another kind.
    """
    rows = sum_stages(read_usage(usage))
    with open_for_replace(table) as file:
        file.writelines("\t".join(cells).encode() + b"\n" for cells in _cells(rows))
    for row in rows:
        yield f"{'all' if row.stage == 'all' else f'of stage {row.stage}'}: {row.text()}"


def _cells(rows: Sequence[StageUsage]) -> Iterator[Sequence[str]]:
    yield COLUMNS
    for row in rows:
        yield row.cells()
