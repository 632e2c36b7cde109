"""Write a score file in VoxSRC's form: ``score file1 file2``, scores from 0 to 1.

speakernet evaluate --definition voxsrc reads it back, and gives the challenge's figures.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.kaldi.scores import read_scores, write_voxsrc_scores
from speakernet.kaldi.trials import read_trials


def main(argv: Sequence[str] | None = None) -> int:
    """Convert one score file."""
    parser = argparse.ArgumentParser(prog="export-voxsrc", description=__doc__)
    parser.add_argument("trials", type=Path, help="label file1 file2")
    parser.add_argument("scores", type=Path)
    parser.add_argument("output", type=Path)
    args = parser.parse_args(argv)
    trials = read_trials(args.trials)
    write_voxsrc_scores(args.output, trials, read_scores(args.scores, trials))
    return 0


if __name__ == "__main__":
    run(main)
