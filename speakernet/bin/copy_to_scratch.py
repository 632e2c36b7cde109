"""Copy a data directory and its archives to a local disk (steps/train.sh)."""

import logging
from argparse import Namespace
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.program import argument, program

logger = logging.getLogger(__name__)


@program("recipes")
@argument("data", Path, "data dir whose feats.scp or wav.scp names archives")
@argument("target", Path, "folder to make on the local disk")
def main(args: Namespace) -> int:
    """Copy; an error leaves what is there so far."""
    from speakernet.prepare.scratch import copy_to_scratch

    size = copy_to_scratch(args.data, args.target)
    logger.info("%s: copied to %s, %.1f MB of archives", args.data, args.target, size / 1e6)
    return 0


if __name__ == "__main__":
    run(main)
