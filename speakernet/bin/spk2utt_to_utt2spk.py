"""Print the utt2spk of a spk2utt."""

import sys
from argparse import Namespace
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.program import argument, program


@program("data")
@argument("spk2utt", Path, "table with lines: speaker utterances")
def main(args: Namespace) -> int:
    """Print a line for each utterance."""
    from speakernet.kaldi.datadir import utt2spk_from_spk2utt

    for utterance, speaker in utt2spk_from_spk2utt(args.spk2utt):
        sys.stdout.buffer.write(f"{utterance} {speaker}\n".encode())
    return 0


if __name__ == "__main__":
    run(main)
