"""How large LibriSpeech's sets will be, and what prepare.sh would stop at; nothing is made.

Usage: python local/librispeech/estimate_librispeech.py --data-root DIR DATA
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from make_librispeech_sets import Sets, parse, read_parts, sets_of

from speakernet.bin.cli import run
from speakernet.prepare.sampled_sets import print_estimate


def main(argv: Sequence[str] | None = None) -> int:
    """Print lines as speakernet/prepare/corpus_estimate.py reads them."""
    return print_estimate(_sets, parse(argv))


def _sets(arguments: argparse.Namespace) -> Sets:
    return sets_of(read_parts(arguments.data_root), arguments.data_root)


if __name__ == "__main__":
    run(main)
