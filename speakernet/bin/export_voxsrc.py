"""Write a score file in the form that the VoxSRC challenges take.

Its lines are "score file1 file2", with scores from 0 to 1. speakernet evaluate --definition voxsrc
reads it back, and gives the challenge's figures.
"""

from argparse import Namespace
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.program import argument, program


@program("users")
@argument("trials", Path, "trial list: label file1 file2")
@argument("scores", Path, "score file of its trials")
@argument("output", Path, "file to write")
def main(args: Namespace) -> int:
    """Convert one score file."""
    from speakernet.kaldi.scores import read_scores, write_voxsrc_scores
    from speakernet.kaldi.trials import read_trials

    trials = read_trials(args.trials)
    write_voxsrc_scores(args.output, trials, read_scores(args.scores, trials))
    return 0


if __name__ == "__main__":
    run(main)
