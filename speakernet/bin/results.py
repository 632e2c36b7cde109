"""Evaluate all score files of an experiment: results.json, RESULTS.md, plot.

Looks for <exp>/scores (model "base"), <exp>/lm/scores ("lm") and <exp>/untrained/scores, whose rows
go to <exp>/untrained/results.json; the table shows all. What has not changed is not computed again.
"""

from collections.abc import Sequence
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.evaluation import add_evaluation_options, evaluation_options
from speakernet.bin.options.parser import Parser

GROUP = "recipes"


def make_parser() -> Parser:
    """Return the parser of the command line."""
    parser = Parser(__file__, __doc__)
    parser.add_argument("exp_dir", type=Path, help="exp/<corpus>/<recipe>")
    parser.add_argument("trials", type=Path, nargs="+", help="trial lists")
    parser.add_argument("--published", type=Path, help="published figures to show beside ours")
    add_evaluation_options(parser)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Write the results of an experiment and print the table."""
    args = make_parser().parse_args(argv)
    from speakernet.report.reports import ExperimentFiles, report_experiment

    files = ExperimentFiles(args.exp_dir, args.trials, args.utt2spk, args.published)
    print(report_experiment(files, evaluation_options(args)), end="")
    return 0


if __name__ == "__main__":
    run(main)
