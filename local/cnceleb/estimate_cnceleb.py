"""How large CN-Celeb's sets will be, and what prepare.sh would stop at; nothing is made.

Usage: python local/cnceleb/estimate_cnceleb.py --data-root DIR DATA
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from make_cnceleb_sets import Sets, parse, read_sets

from speakernet.bin.cli import run
from speakernet.prepare.sampled_sets import print_estimate


def main(argv: Sequence[str] | None = None) -> int:
    """Print lines as speakernet/prepare/corpus_estimate.py reads them."""
    return print_estimate(_sets, parse(argv))


def _sets(arguments: argparse.Namespace) -> Sets:
    return read_sets(arguments.data_root)[0]


if __name__ == "__main__":
    run(main)
