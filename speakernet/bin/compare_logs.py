"""Compare the log of a training with a reference log of the same recipe.

Prints loss and accuracy of both at ten steps that both have, and the mean differences over the last
quarter. Where that of the loss is within --tolerance the training is normal; elsewhere the status
is 1.
"""

from collections.abc import Sequence
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.parser import Parser
from speakernet.bin.options.types import positive_number

GROUP = "users"


def make_parser() -> Parser:
    """Return the parser of the command line."""
    parser = Parser(__file__, __doc__)
    add = parser.add_argument
    add("log", type=Path, help="exp/<corpus>/<recipe>/train.jsonl")
    add("reference", type=Path, help="egs/<corpus>/<recipe>/reference.jsonl")
    add("--tolerance", type=positive_number, default=0.3,
        help="how far another seed may move the loss (default: %(default)s)")  # fmt: skip
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Compare and print; return the exit status."""
    args = make_parser().parse_args(argv)
    from speakernet.report.training_logs import compare_logs

    comparison = compare_logs(args.log, args.reference, args.tolerance)
    print(comparison.text())
    return 0 if comparison.normal else 1


if __name__ == "__main__":
    run(main)
