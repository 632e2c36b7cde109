"""Sort the tables of a data dir, drop what not all have, remake spk2utt.

Files that change are kept in <data-dir>/.backup.
"""

import logging
from collections.abc import Sequence
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.parser import Parser

GROUP = "data"

logger = logging.getLogger(__name__)


def make_parser() -> Parser:
    """Return the parser of the command line."""
    parser = Parser(__file__, __doc__)
    parser.add_argument("data_dir", type=Path, help="data dir to mend")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Mend it, and say how many utterances are left."""
    args = make_parser().parse_args(argv)
    from speakernet.kaldi.datadir import fix

    kept, total = fix(args.data_dir)
    if kept == total:
        logger.info("%s: kept all %d utterances", args.data_dir, total)
    else:
        logger.info("%s: kept %d utterances out of %d", args.data_dir, kept, total)
    return 0


if __name__ == "__main__":
    run(main)
