"""How large the sets of a folder will be, and what prepare.sh would stop at; nothing is made.

Usage: python local/folder/estimate_folder.py --data-root DIR DATA

Some files are read, not all: which cannot be used, and which are copies, stage 1 tells.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from folder_table import find_table
from make_folder_sets import Sets, find_sources, parse, sets_of
from safe_ids import safe_ids
from speaker_split import test_speakers
from usable import Usable

from speakernet.bin.cli import run
from speakernet.prepare.audio_files import entry_of
from speakernet.prepare.sampled_sets import mean_seconds, print_estimate


def main(argv: Sequence[str] | None = None) -> int:
    """Print lines as speakernet/prepare/corpus_estimate.py reads them."""
    return print_estimate(_sets, parse(argv))


def _sets(arguments: argparse.Namespace) -> Sets:
    root = arguments.data_root
    sources, _ = find_sources(root)
    length = mean_seconds([entry_of(source.path) for source in sources])
    recordings = []
    for source in sources:
        start = source.start_s or 0.0
        end = max(start, length) if source.end_s is None else source.end_s
        recordings.append(Usable(source, end - start))
    tested = test_speakers(recordings, arguments.seed, str(find_table(root) or root))
    return sets_of(recordings, tested, safe_ids(each.source.speaker for each in recordings))


if __name__ == "__main__":
    run(main)
