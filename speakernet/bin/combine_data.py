"""Merge data dirs.

Tables that not every source has are left out with a warning.
"""

import logging
from argparse import Namespace
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.program import argument, program
from speakernet.bin.options.types import truth

logger = logging.getLogger(__name__)


@program("data")
@argument("--extra-files", str, "more tables to merge, in quotes", default="", metavar="NAMES")
@argument("--skip-fix", truth, "keep what not every table has", default="false")
@argument("target", Path, "data dir to write")
@argument("sources", Path, "data dirs to merge", nargs="+")
def main(args: Namespace) -> int:
    """Merge them, and say how many utterances there are."""
    from speakernet.kaldi.datadir import combine
    from speakernet.kaldi.tables import iter_ids

    extra_files = args.extra_files.split()
    combine(args.target, args.sources, extra_files=extra_files, skip_fix=args.skip_fix)
    num_utts = sum(1 for _ in iter_ids(args.target / "utt2spk"))
    logger.info("%s: %d utterances of %d sources", args.target, num_utts, len(args.sources))
    return 0


if __name__ == "__main__":
    run(main)
