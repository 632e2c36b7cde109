"""Average the weights of checkpoints of one run into a new one."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.config import UserError
from speakernet.nn.serialize import save_model
from speakernet.train.averaging import average_checkpoints
from speakernet.train.checkpoint import CheckpointDir


def main(argv: Sequence[str] | None = None) -> int:
    """Average as the arguments say; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--last", type=int, metavar="N", help="of a directory: the last N epochs")
    parser.add_argument("output", type=Path, help="the checkpoint to write")
    parser.add_argument("inputs", type=Path, nargs="+", help="checkpoints, or one exp directory")
    arguments = parser.parse_args(argv)
    inputs = _checkpoints(arguments.inputs, arguments.last)
    save_model(arguments.output, average_checkpoints(inputs))
    print(f"{arguments.output}: the mean of {len(inputs)} checkpoints")
    return 0


def _checkpoints(inputs: list[Path], last: int | None) -> list[Path]:
    if len(inputs) == 1 and inputs[0].is_dir():
        trained = CheckpointDir(inputs[0], keep=0).epochs()
        if not trained:
            raise UserError(f"{inputs[0]}/checkpoints: has no epochs")
        return trained[-last:] if last else trained
    if last is not None:
        raise UserError("--last needs one experiment's directory")
    return inputs


if __name__ == "__main__":
    run(main)
