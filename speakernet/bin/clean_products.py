"""Remove products that later stages do not need any more.

run.sh --clean calls it. TABLE has lines "PRODUCT <tab> WHAT <tab> PATH": of a product and what is
made from it (WHAT is needed-by), or of a data directory beside it that goes with it (part). Nothing
is removed if one of the products is still needed, also by another experiment whose training has
begun.
"""

import logging
from argparse import Namespace
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.program import argument, program

logger = logging.getLogger(__name__)


@program("recipes")
@argument("table", Path, "what may go")
@argument("--data", Path, "folder of the sets", metavar="DIR", required=True)
@argument("--exp", Path, "exp/<corpus>", metavar="DIR", required=True)
def main(args: Namespace) -> int:
    """Check everything, remove, and say how much it was."""
    from speakernet.prepare.removals import check_other_experiments, read_removals
    from speakernet.work.cleaning import check_removals, remove, size_text

    removals = read_removals(args.table)
    check_removals(removals)
    check_other_experiments(removals, args.data, args.exp)
    logger.info("removed %s in all", size_text(remove(removals)))
    return 0


if __name__ == "__main__":
    run(main)
