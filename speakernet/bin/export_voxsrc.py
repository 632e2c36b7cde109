"""Write a score file in the form that the VoxSRC challenges take.

Its lines are "score file1 file2", with scores from 0 to 1. speakernet evaluate --definition voxsrc
reads it back, and gives the challenge's figures.
"""

from collections.abc import Sequence
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.parser import Parser

GROUP = "users"


def make_parser() -> Parser:
    """Return the parser of the command line."""
    parser = Parser(__file__, __doc__)
    parser.add_argument("trials", type=Path, help="trial list: label file1 file2")
    parser.add_argument("scores", type=Path, help="score file of its trials")
    parser.add_argument("output", type=Path, help="file to write")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Convert one score file."""
    args = make_parser().parse_args(argv)
    from speakernet.kaldi.scores import read_scores, write_voxsrc_scores
    from speakernet.kaldi.trials import read_trials

    trials = read_trials(args.trials)
    write_voxsrc_scores(args.output, trials, read_scores(args.scores, trials))
    return 0


if __name__ == "__main__":
    run(main)
