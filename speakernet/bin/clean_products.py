"""Remove products that later stages do not need any more.

run.sh --clean calls it. TABLE has lines "PRODUCT <tab> WHAT <tab> PATH": of a product and what is
made from it (WHAT is needed-by), or of a data directory beside it that goes with it (part). Nothing
is removed if one of the products is still needed, also by another experiment whose training has
begun. With --plan only what would be removed is printed, and how much it is.
"""

import logging
from argparse import Namespace
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.program import argument, program
from speakernet.bin.options.types import truth

logger = logging.getLogger(__name__)


@program("recipes")
@argument("table", Path, "what may go")
@argument("--data", Path, "folder of the sets", metavar="DIR", required=True)
@argument("--exp", Path, "exp/<corpus>", metavar="DIR", required=True)
@argument("--plan", truth, "only tell what would be removed", default="false")
def main(args: Namespace) -> int:
    """Check everything, remove, and say how much it was."""
    from speakernet.prepare.removals import check_other_experiments, read_removals
    from speakernet.work.cleaning import check_removals, count, remove, size_text

    removals = read_removals(args.table)
    check_removals(removals)
    check_other_experiments(removals, args.data, args.exp)
    if args.plan:
        sizes = [(removal.product, count(removal)) for removal in removals]
        for product, (num_files, num_bytes) in sizes:
            print(f"{size_text(num_bytes):>12}  {product}/  ({num_files} files)")
        print(f"{size_text(sum(num_bytes for _, (_, num_bytes) in sizes)):>12}  in all")
        return 0
    logger.info("removed %s in all", size_text(remove(removals)))
    return 0


if __name__ == "__main__":
    run(main)
