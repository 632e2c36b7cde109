"""Print the spk2utt of an utt2spk."""

import sys
from argparse import Namespace
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.program import argument, program


@program("data")
@argument("utt2spk", Path, "table with lines: utterance speaker")
def main(args: Namespace) -> int:
    """Print a line for each speaker."""
    from speakernet.kaldi.datadir.speakers import iter_spk2utt_lines

    for line in iter_spk2utt_lines(args.utt2spk):
        sys.stdout.buffer.write(line + b"\n")
    return 0


if __name__ == "__main__":
    run(main)
