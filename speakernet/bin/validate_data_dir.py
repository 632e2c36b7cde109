"""Check a data dir; name the file and line of its first fault."""

from collections.abc import Sequence
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.parser import Parser
from speakernet.bin.options.validation import add_validation_options, validate_as_asked

GROUP = "data"


def make_parser() -> Parser:
    """Return the parser of the command line."""
    parser = Parser(__file__, __doc__)
    add_validation_options(parser)
    parser.add_argument("data_dir", type=Path, help="data dir to check")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Check it, and say that all is well."""
    args = make_parser().parse_args(argv)
    validate_as_asked(args.data_dir, args)
    return 0


if __name__ == "__main__":
    run(main)
