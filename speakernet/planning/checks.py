"""What would end a run later, looked for before it begins; every problem is named, not only the
first.
"""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from speakernet.config.errors import UserError
from speakernet.planning.costs import Cost
from speakernet.planning.products import PlannedProduct
from speakernet.planning.work import Work
from speakernet.prepare.early_checks import check_free, existing_parent, free_bytes, programs_of

Costs = Sequence[tuple[PlannedProduct, Cost]]


def failures(checks: Iterable[Callable[[], None]]) -> Iterator[str]:
    """Yield the message of each check that raises UserError."""
    for check in checks:
        try:
            check()
        except UserError as error:
            yield str(error)


def missing_programs(work: Work, commands: Iterable[str]) -> Iterator[str]:
    """Yield a line for each program that runs jobs or decodes, and that is not here."""
    for command in commands:
        program = command.split(maxsplit=1)[0] if command.strip() else ""
        if program and shutil.which(program) is None:
            yield f"--cmd or --cuda-cmd: there is no program {program} here, which is to run jobs"
    needed = {program for entry in work.samples for program in programs_of(entry)}
    for program in sorted(needed):
        if shutil.which(program) is None:
            yield f"recordings need the program {program}, which is not installed here"


def unwritable(folders: Iterable[Path]) -> Iterator[str]:
    """Yield a line for each folder that cannot be made, or written to."""
    for folder in folders:
        place = existing_parent(folder)
        if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
            yield f"cannot write to {folder}"


class Disk:
    """A file system: a folder on it, bytes that are free and bytes that are to be written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.free = free_bytes(folder)
        self.needed = 0.0

    def check(self) -> None:
        """Raise UserError if there is not enough room."""
        check_free(self.needed, self.folder, "all stages together", lambda _: self.free)


def disks_of(costs: Costs, writes: Iterable[tuple[Path, int]]) -> list[Disk]:
    """Return the file systems that products and what stage 1 unpacks go to."""
    disks: dict[int, Disk] = {}
    sizes = [(product.path, cost.size or 0.0) for product, cost in costs]
    for path, size in [*sizes, *writes]:
        place = existing_parent(path)
        disk = disks.setdefault(os.stat(place).st_dev, Disk(place))
        disk.needed += size
    return list(disks.values())


def memory_problems(costs: Costs) -> Iterator[str]:
    """Yield a line for each product whose making needs more memory than the machine has."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for product, cost in costs:
        if cost.memory is not None and cost.memory > total:
            yield (
                f"{product.path}: about {cost.memory / 1e9:.1f} GB of memory are needed, and this "
                f"machine has {total / 1e9:.1f} GB: fewer jobs (run.sh --nj) or a smaller "
                "train.batch_size with more train.accumulate"
            )
