"""Mean and range of results over the seeds of a recipe.

Writes <output>/SEEDS.md, which is printed, too, and seeds.json.
"""

from argparse import Namespace
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.program import argument, program


@program("recipes")
@argument("output", Path, "exp/<corpus>/<recipe>")
@argument("experiments", Path, "their folders, with results.json", nargs="+")
def main(args: Namespace) -> int:
    """Write and print the summary."""
    from speakernet.report.seeds import report_seeds

    print(report_seeds(args.output, args.experiments), end="")
    return 0


if __name__ == "__main__":
    run(main)
