"""Copy a data dir at another speed, with speakers of its own.

Ids get the prefix sp<factor>-, as with Kaldi's script of this name.
"""

from collections.abc import Sequence
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.parser import Parser
from speakernet.bin.options.types import speed_factor

GROUP = "data"


def make_parser() -> Parser:
    """Return the parser of the command line."""
    parser = Parser(__file__, __doc__)
    parser.add_argument("factor", type=speed_factor, help="2 is twice as fast and half as long")
    parser.add_argument("input_dir", type=Path, help="data dir to copy")
    parser.add_argument("output_dir", type=Path, help="data dir to write")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Parse the command line and write the copy."""
    args = make_parser().parse_args(argv)
    from speakernet.prepare.speed_copies import write_speed_copy

    write_speed_copy(args.input_dir, args.output_dir, args.factor)
    return 0


if __name__ == "__main__":
    run(main)
