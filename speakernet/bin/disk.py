"""Show what data and experiments take on the disk, by product and stage.

What can be removed once later stages are through, run.sh --clean removes.
"""

import sys
from argparse import Namespace
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.program import argument, program
from speakernet.bin.options.types import truth


@program("users")
@argument("--data", Path, "parent of data/<corpus>", default="data", metavar="DIR")
@argument("--exp", Path, "parent of exp/<corpus>/<recipe>", default="exp", metavar="DIR")
@argument("--json", truth, "as a list of objects, for programs", default="false")
def main(args: Namespace) -> int:
    """Print the tables."""
    from speakernet.report.disk_usage import disk_usage, usage_json, usage_report

    usages = disk_usage(Path(args.data), Path(args.exp))
    sys.stdout.write(usage_json(usages) if args.json else usage_report(usages))
    return 0


if __name__ == "__main__":
    run(main)
