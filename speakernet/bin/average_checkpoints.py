"""Average the weights of several checkpoints of a training."""

from argparse import Namespace
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.program import argument, program
from speakernet.bin.options.types import positive_int


@program("users")
@argument("output", Path, "checkpoint to write")
@argument("inputs", Path, "checkpoints, or one experiment's directory", nargs="+")
@argument("--last-epochs", positive_int, "only the last N epochs of a directory (default: all)")
def main(args: Namespace) -> int:
    """Average as the arguments say; return the exit status."""
    from speakernet.nn.serialize import save_model
    from speakernet.train.averaging import average_checkpoints, select_checkpoints

    inputs = select_checkpoints(args.inputs, args.last_epochs)
    save_model(args.output, average_checkpoints(inputs))
    print(f"{args.output}: the mean of {len(inputs)} checkpoints")
    return 0


if __name__ == "__main__":
    run(main)
