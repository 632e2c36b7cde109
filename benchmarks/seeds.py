"""Mean and range of the results of one recipe's runs with several seeds: what seeds.sh prints.

For each trial list a table with a line for each model and scoring, and the line of README.md's
table for this kind of processor.
"""

import argparse
import json
import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from speakernet.bin.cli import run
from speakernet.config import UserError


class System(NamedTuple):
    """What a line is about: a trial list, a model (base, lm) and a scoring."""

    trials: str
    model: str
    scoring: str


Figures = dict[System, list[float]]
"""EER in percent of each run, for every system."""


def main(argv: Sequence[str] | None = None) -> int:
    """Print the tables of all trial lists."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", nargs="+", required=True)
    parser.add_argument(
        "--runs", nargs="+", type=Path, required=True, help="exp/<corpus>/<recipe> of each seed"
    )
    args = parser.parse_args(argv)
    figures = read_eers(args.runs)
    for trials in dict.fromkeys(system.trials for system in figures):
        print("\n".join(table(figures, trials, ", ".join(args.seeds))))
    return 0


def read_eers(runs: Sequence[Path]) -> Figures:
    """Return the EERs of ``runs``, which must have the same systems.

    Raises UserError where a run has no results, or others than the first.
    """
    figures: Figures = {}
    for folder in runs:
        path = folder / "results.json"
        if not path.is_file():
            raise UserError(f"{path}: no such file; the run did not finish")
        rows = json.loads(path.read_text(encoding="utf-8"))
        eers = {System(r["trials"], r["model"], r["scoring"]): r["eer"] for r in rows}
        if figures and eers.keys() != figures.keys():
            raise UserError(f"{path}: found other trial lists or models than in {runs[0]}")
        for system, eer in eers.items():
            figures.setdefault(system, []).append(eer)
    return figures


def table(figures: Figures, trials: str, seeds: str) -> Iterator[str]:
    """Yield the lines about one trial list."""
    chosen = {system: eers for system, eers in figures.items() if system.trials == trials}
    yield f"\nEER % of {trials}\n"
    yield f"| model | scoring | seeds {seeds} | mean | range |\n|---|---|---|---|---|"
    for system, eers in chosen.items():
        each = ", ".join(f"{eer:.2f}" for eer in eers)
        mean, spread = mean_and_range(eers)
        yield f"| {system.model} | {system.scoring} | {each} | {mean} | {spread} |"
    cells = [f"{mean} ({spread})" for mean, spread in map(mean_and_range, chosen.values())]
    names = [f"{system.model}, {system.scoring}" for system in chosen]
    yield f"\n| processor | seeds | {' | '.join(names)} |\n|---|---|{'---|' * len(names)}"
    yield f"| {processor()} | {seeds} | {' | '.join(cells)} |"


def mean_and_range(eers: Sequence[float]) -> tuple[str, str]:
    """Return the mean, and the smallest and the largest value, with two digits."""
    return f"{statistics.mean(eers):.2f}", f"{min(eers):.2f} – {max(eers):.2f}"


def processor() -> str:
    """Return what this machine's processor calls itself."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else "this processor"


if __name__ == "__main__":
    run(main)
