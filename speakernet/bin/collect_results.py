"""Write the RESULTS.md of a corpus from all results.json of its experiments.

Published figures are shown beside ours; the cell is empty where a recipe has not been run.
"""

from argparse import Namespace
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.program import argument, program


@program("users")
@argument("exp_dir", Path, "exp/<corpus>")
@argument("output", Path, "egs/<corpus>/RESULTS.md")
@argument("--published", Path, "published figures to show beside ours")
def main(args: Namespace) -> int:
    """Collect, write, and say how many recipes there are."""
    from speakernet.report.reports import report_corpus

    num_rows, num_files = report_corpus(args.exp_dir, args.output, args.published)
    print(f"{args.output}: {num_rows} rows of {num_files} files")
    return 0


if __name__ == "__main__":
    run(main)
