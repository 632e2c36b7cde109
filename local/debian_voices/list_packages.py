"""Print the packages that the corpus, or its small subset, is made of, one a line.

Usage: python local/debian_voices/list_packages.py --tables egs/debian_voices [--subset]
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from corpus_tables import read_sounds, read_speakers, select

from speakernet.bin.cli import run


def main(argv: Sequence[str] | None = None) -> int:
    """Print the names, sorted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=Path, required=True)
    parser.add_argument("--subset", action="store_true")
    arguments = parser.parse_args(argv)
    speakers = select(read_speakers(arguments.tables / "speakers.tsv"), subset=arguments.subset)
    sounds = select(read_sounds(arguments.tables / "sounds.tsv"), subset=arguments.subset)
    packages = {row.package for row in speakers} | {row.package for row in sounds}
    print(*sorted(packages), sep="\n")
    return 0


if __name__ == "__main__":
    run(main)
