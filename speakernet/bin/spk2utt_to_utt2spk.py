"""Print the utt2spk of a spk2utt."""

import sys
from collections.abc import Sequence
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.parser import Parser

GROUP = "data"


def make_parser() -> Parser:
    """Return the parser of the command line."""
    parser = Parser(__file__, __doc__)
    parser.add_argument("spk2utt", type=Path, help="table with lines: speaker utterances")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Print a line for each utterance."""
    args = make_parser().parse_args(argv)
    from speakernet.kaldi.datadir import utt2spk_from_spk2utt

    for utterance, speaker in utt2spk_from_spk2utt(args.spk2utt):
        sys.stdout.buffer.write(f"{utterance} {speaker}\n".encode())
    return 0


if __name__ == "__main__":
    run(main)
