"""How large the default corpus is, before it is made: docs/corpora.md has the same figures.

Usage: python local/debian_voices/estimate_debian_voices.py [--subset true] DATA
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from speakernet.bin.cli import run


class _Set(NamedTuple):
    name: str
    utterances: int
    speakers: int
    minutes: float


_WHOLE = (
    _Set("train", 1989, 37, 123),
    _Set("test", 403, 17, 24),
    _Set("cohort", 698, 57, 40),
)
_SUBSET = (
    _Set("train", 153, 11, 8.2),
    _Set("test", 60, 5, 2.9),
    _Set("cohort", 153, 11, 8.2),
)
_BYTES_A_MINUTE = 60 * 32000
_NOISE_BYTES = 100_000_000  # of noises and rooms


def main(argv: Sequence[str] | None = None) -> int:
    """Print lines as speakernet/prepare/corpus_estimate.py reads them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--subset", choices=("true", "false"), default="false")
    parser.add_argument("--cache", type=Path, help="not used")
    parser.add_argument("--nj", type=int, default=1, help="not used")
    parser.add_argument("data", type=Path)
    arguments = parser.parse_args(argv)
    sets = _SUBSET if arguments.subset == "true" else _WHOLE
    for each in sets:
        seconds = 60 * each.minutes
        print("set", each.name, each.utterances, each.speakers, seconds, "", sep="\t")
    audio = sum(each.minutes for each in sets) * _BYTES_A_MINUTE
    print("write", arguments.data, int(audio) + _NOISE_BYTES, sep="\t")
    return 0


if __name__ == "__main__":
    run(main)
