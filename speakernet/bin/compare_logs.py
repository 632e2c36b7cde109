"""Compare the log of a training with a reference log of the same recipe.

Prints loss and accuracy of both at ten steps that both have, and the mean differences over the last
quarter. Where that of the loss is within --tolerance the training is normal; elsewhere the status
is 1.
"""

from argparse import Namespace
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.program import argument, program
from speakernet.bin.options.types import positive_number


@program("users")
@argument("log", Path, "exp/<corpus>/<recipe>/train.jsonl")
@argument("reference", Path, "egs/<corpus>/<recipe>/reference.jsonl")
@argument("--tolerance", positive_number, "how far another seed may move the loss", default=0.3)
def main(args: Namespace) -> int:
    """Compare and print; return the exit status."""
    from speakernet.report.training_logs import compare_logs

    comparison = compare_logs(args.log, args.reference, args.tolerance)
    print(comparison.text())
    return 0 if comparison.normal else 1


if __name__ == "__main__":
    run(main)
