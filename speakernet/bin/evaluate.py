"""Compute EER, detection costs and Cllr of score files.

Scores that are missing, given twice, not finite, or of a pair that is no trial are errors.
"""

import json
from collections.abc import Sequence
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.evaluation import add_evaluation_options, evaluation_options
from speakernet.bin.options.parser import Parser

GROUP = "users"


def make_parser() -> Parser:
    """Return the parser of the command line."""
    parser = Parser(__file__, __doc__)
    parser.add_argument("trials", type=Path, help="trial list")
    parser.add_argument("scores", type=Path, nargs="+", help="score files of its trials")
    parser.add_argument(
        "--format",
        choices=("table", "json"),
        default="table",
        help="of the output (default: table)",
    )
    add_evaluation_options(parser)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Print the figures of every score file."""
    args = make_parser().parse_args(argv)
    from speakernet.report.evaluation import evaluate_files
    from speakernet.report.plain_text import evaluation_table

    options = evaluation_options(args)
    rows = evaluate_files(args.trials, args.scores, options, args.utt2spk)
    is_json = args.format == "json"
    print(json.dumps(rows, indent=1) if is_json else evaluation_table(rows, options))
    return 0


if __name__ == "__main__":
    run(main)
