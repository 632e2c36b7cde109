"""Average the weights of several checkpoints of a training."""

from collections.abc import Sequence
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.parser import Parser
from speakernet.bin.options.types import positive_int

GROUP = "users"


def make_parser() -> Parser:
    """Return the parser of the command line."""
    parser = Parser(__file__, __doc__)
    add = parser.add_argument
    add("output", type=Path, help="the checkpoint to write")
    add("inputs", type=Path, nargs="+", help="checkpoints, or one experiment's directory")
    add("--last-epochs", type=positive_int,
        help="of a directory: only its last N epochs (default: all)")  # fmt: skip
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Average as the arguments say; return the exit status."""
    args = make_parser().parse_args(argv)
    from speakernet.nn.serialize import save_model
    from speakernet.train.averaging import average_checkpoints, select_checkpoints

    inputs = select_checkpoints(args.inputs, args.last_epochs)
    save_model(args.output, average_checkpoints(inputs))
    print(f"{args.output}: the mean of {len(inputs)} checkpoints")
    return 0


if __name__ == "__main__":
    run(main)
