"""Merge data dirs.

Tables that not every source has are left out with a warning.
"""

import logging
from collections.abc import Sequence
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.parser import Parser
from speakernet.bin.options.types import truth

GROUP = "data"

logger = logging.getLogger(__name__)


def make_parser() -> Parser:
    """Return the parser of the command line."""
    parser = Parser(__file__, __doc__)
    add = parser.add_argument
    add("--extra-files", default="", metavar="NAMES", help="more tables to merge, in quotes")
    add("--skip-fix", type=truth, default=False,
        help="do not drop what not every table has (default: false)")  # fmt: skip
    add("target", type=Path, help="data dir to write")
    add("sources", type=Path, nargs="+", help="data dirs to merge")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Merge them, and say how many utterances there are."""
    args = make_parser().parse_args(argv)
    from speakernet.kaldi.datadir import combine
    from speakernet.kaldi.tables import iter_ids

    extra_files = args.extra_files.split()
    combine(args.target, args.sources, extra_files=extra_files, skip_fix=args.skip_fix)
    num_utts = sum(1 for _ in iter_ids(args.target / "utt2spk"))
    logger.info("%s: %d utterances of %d sources", args.target, num_utts, len(args.sources))
    return 0


if __name__ == "__main__":
    run(main)
