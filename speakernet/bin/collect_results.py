"""Write the RESULTS.md of a corpus from every results.json under its exp folder.

With --published (a table of published figures) each of them stands beside ours; those that nobody
has run yet have an empty place.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from speakernet.bin.cli import run
from speakernet.config import UserError
from speakernet.metrics.definitions import definitions
from speakernet.report.published import read_published
from speakernet.report.tables import corpus_report
from speakernet.work.files import open_for_replace


def main(argv: Sequence[str] | None = None) -> int:
    """Collect, write, and say how many recipes there are."""
    parser = argparse.ArgumentParser(prog="collect-results", description=__doc__)
    parser.add_argument("exp_dir", type=Path, help="exp/<corpus>")
    parser.add_argument("output", type=Path, help="egs/<corpus>/RESULTS.md")
    parser.add_argument("--published", type=Path)
    args = parser.parse_args(argv)
    files = sorted(args.exp_dir.rglob("results.json"))
    rows = [row for path in files for row in _read(path)]
    published = read_published(args.published) if args.published else []
    if not rows and not published:
        raise UserError(f"{args.exp_dir}: no results.json and no published figures")
    report = corpus_report(args.exp_dir.name, rows, _notes(rows), published)
    with open_for_replace(args.output) as file:
        file.write(report.encode())
    print(f"{args.output}: {len(rows)} rows of {len(files)} files")
    return 0


def _read(path: Path) -> list[dict[str, Any]]:
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        rows = None
    wanted = {"model", "trials", "scoring", "eer", "min_dcf"}
    if not isinstance(rows, list) or not all(
        isinstance(r, dict) and wanted <= set(r) for r in rows
    ):
        raise UserError(f"{path}: not a list of results; make it again with steps/evaluate.sh")
    return rows


def _notes(rows: Sequence[dict[str, Any]]) -> list[str]:
    used = sorted({row["definition"] for row in rows if "definition" in row})
    notes = [f"Definition `{name}`: {definitions.get(name).text}." for name in used]
    replicates = sorted({row["bootstrap"] for row in rows if row.get("bootstrap")})
    for number in replicates:
        notes.append(f"Intervals: 95 %, percentiles of {number} bootstrap draws of speakers.")
    return [*notes, "Published figures were computed by their authors, with their definition."]


if __name__ == "__main__":
    run(main)
