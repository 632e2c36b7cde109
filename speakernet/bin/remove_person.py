"""Remove a person from a store of people."""

import logging
from argparse import Namespace
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.program import argument, program

logger = logging.getLogger(__name__)


@program("users")
@argument("store", Path, "folder of the store, as speakernet enroll makes it")
@argument("name", str, "of the person")
def main(args: Namespace) -> int:
    """Remove their file."""
    from speakernet.model.people import People

    People(args.store).remove(args.name)
    logger.info("%s: '%s' is removed", args.store, args.name)
    return 0


if __name__ == "__main__":
    run(main)
