"""Write the RESULTS.md of a corpus from all results.json of its experiments.

Published figures stand beside ours; those that nobody has run yet have an empty place.
"""

from collections.abc import Sequence
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.parser import Parser

GROUP = "users"


def make_parser() -> Parser:
    """Return the parser of the command line."""
    parser = Parser(__file__, __doc__)
    parser.add_argument("exp_dir", type=Path, help="exp/<corpus>")
    parser.add_argument("output", type=Path, help="egs/<corpus>/RESULTS.md")
    parser.add_argument("--published", type=Path, help="published figures to show beside ours")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Collect, write, and say how many recipes there are."""
    args = make_parser().parse_args(argv)
    from speakernet.report.reports import report_corpus

    num_rows, num_files = report_corpus(args.exp_dir, args.output, args.published)
    print(f"{args.output}: {num_rows} rows of {num_files} files")
    return 0


if __name__ == "__main__":
    run(main)
