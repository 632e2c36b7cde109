"""Sum up what the stages of a run took: time, memory, GPU hours, jobs."""

from argparse import Namespace
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.program import argument, program


@program("recipes")
@argument("usage", Path, "log/usage.tsv of an experiment, a line for each job and product")
@argument("table", Path, "accounting.tsv: a row for each stage")
def main(args: Namespace) -> int:
    """Write the table, and print it as text."""
    from speakernet.report.accounting import write_accounting

    for line in write_accounting(args.usage, args.table):
        print(line)
    return 0


if __name__ == "__main__":
    run(main)
