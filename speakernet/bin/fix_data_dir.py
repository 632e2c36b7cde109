"""Sort the tables of a data dir, drop what not all have, remake spk2utt.

Files that change are kept in <data-dir>/.backup.
"""

import logging
from argparse import Namespace
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.program import argument, program

logger = logging.getLogger(__name__)


@program("data")
@argument("data_dir", Path, "data dir to repair")
def main(args: Namespace) -> int:
    """Mend it, and say how many utterances are left."""
    from speakernet.kaldi.datadir import fix

    kept, total = fix(args.data_dir)
    if kept == total:
        logger.info("%s: kept all %d utterances", args.data_dir, total)
    else:
        logger.info("%s: kept %d utterances out of %d", args.data_dir, kept, total)
    return 0


if __name__ == "__main__":
    run(main)
