"""Results of one recipe with several seeds: mean and range of each row."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

from speakernet.config import UserError
from speakernet.report.provenance import experiment_name
from speakernet.report.results import Row, read_results, sort_key
from speakernet.report.tables import markdown_table
from speakernet.work.files import open_for_replace

MARKDOWN, JSON = "SEEDS.md", "seeds.json"

_NAMES = ("trials", "model", "scoring")


class Spread(NamedTuple):
    """Of a figure over seeds: mean, least and largest value."""

    mean: float
    least: float
    largest: float

    def text(self, digits: int) -> tuple[str, str]:
        """Return mean and range, as cells of a table."""
        mean, least, largest = (f"{value:.{digits}f}" for value in self)
        return mean, f"{least} – {largest}"


class SeedRow(NamedTuple):
    """A row of the table: one scoring of one model on one list, with every seed."""

    trials: str
    model: str
    scoring: str
    eer: Spread
    min_dcf: dict[str, Spread]


def report_seeds(output: Path, experiments: Sequence[Path]) -> str:
    """Write the summary of ``experiments``, one by seed, to ``output``; return the Markdown.

    Raises UserError where one has no results, or not the rows that the first has.
    """
    rows = seed_rows({path: _results(path) for path in experiments})
    names = [experiment_name(path) for path in experiments]
    content = {"experiments": names, "rows": [_content(row) for row in rows]}
    report = "\n".join(_lines(experiment_name(output), names, rows)) + "\n"
    for name, text in ((JSON, json.dumps(content, indent=1) + "\n"), (MARKDOWN, report)):
        with open_for_replace(output / name) as file:
            file.write(text.encode())
    return report


def _results(exp_dir: Path) -> list[Row]:
    """Return the rows of the models of an experiment, that of the untrained network among them."""
    untrained = exp_dir / "untrained" / "results.json"
    more = read_results(untrained) if untrained.is_file() else []
    return [*more, *read_results(exp_dir / "results.json")]


def seed_rows(results: dict[Path, list[Row]]) -> list[SeedRow]:
    """Return mean and range of each row over the experiments. Raises UserError if one lacks it."""
    tables = {path: {_key(row): row for row in rows} for path, rows in results.items()}
    (first, expected), *others = tables.items()
    for path, table in others:
        for key in table.keys() ^ expected.keys():
            lacking = first if key in table else path
            raise UserError(
                f"{lacking}/results.json: has no row '{' '.join(key)}', which others have; "
                "expected the same for every seed: run stage 8 again"
            )
    ordered = sorted(expected.values(), key=lambda row: sort_key({**row, "recipe": ""}))
    return [_seed_row([table[_key(row)] for table in tables.values()]) for row in ordered]


def _key(row: Row) -> tuple[str, ...]:
    return tuple(row[name] for name in _NAMES)


def _seed_row(rows: Sequence[Row]) -> SeedRow:
    shared = [p for p in rows[0]["min_dcf"] if all(p in row["min_dcf"] for row in rows)]
    costs = {p: _spread([row["min_dcf"][p] for row in rows]) for p in shared}
    trials, model, scoring = _key(rows[0])
    return SeedRow(trials, model, scoring, _spread([row["eer"] for row in rows]), costs)


def _spread(values: Sequence[float]) -> Spread:
    return Spread(fmean(values), min(values), max(values))


def _content(row: SeedRow) -> dict[str, object]:
    costs = {p: spread._asdict() for p, spread in row.min_dcf.items()}
    return {**row._asdict(), "eer": row.eer._asdict(), "min_dcf": costs}


def _lines(title: str, names: Sequence[str], rows: Sequence[SeedRow]) -> Iterator[str]:
    p_targets = sorted({p for row in rows for p in row.min_dcf}, key=float)
    header = [*_NAMES, "EER %", "range"]
    for p in p_targets:
        header += [f"minDCF({p})", "range"]
    yield from (f"# {title}", "", f"Mean and range over {len(names)} seeds:", "")
    yield from markdown_table(header, [_cells(row, p_targets) for row in rows])
    yield from ("", *(f"- `{name}`" for name in names))


def _cells(row: SeedRow, p_targets: Sequence[str]) -> list[str]:
    cells = [row.trials, row.model, row.scoring, *row.eer.text(3)]
    for p in p_targets:
        cells += row.min_dcf[p].text(4) if p in row.min_dcf else ("", "")
    return cells
