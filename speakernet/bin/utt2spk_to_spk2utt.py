"""Print the spk2utt of an utt2spk."""

import sys
from collections.abc import Sequence
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.parser import Parser

GROUP = "data"


def make_parser() -> Parser:
    """Return the parser of the command line."""
    parser = Parser(__file__, __doc__)
    parser.add_argument("utt2spk", type=Path, help="table with lines: utterance speaker")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Print a line for each speaker."""
    args = make_parser().parse_args(argv)
    from speakernet.kaldi.datadir.speakers import iter_spk2utt_lines

    for line in iter_spk2utt_lines(args.utt2spk):
        sys.stdout.buffer.write(line + b"\n")
    return 0


if __name__ == "__main__":
    run(main)
