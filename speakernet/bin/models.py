"""List the networks with parameters, multiply-adds and published counts.

Parameters are the trainable values; "statistics" are the running means and variances of batch
norms, which some publications count too. The last column says what the published number counts.
"""

from collections.abc import Sequence
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.parser import Parser
from speakernet.bin.options.types import positive_int

GROUP = "users"
PUBLISHED = Path(__file__).parents[2] / "egs" / "voxceleb" / "published.tsv"


def make_parser() -> Parser:
    """Return the parser of the command line."""
    parser = Parser(__file__, __doc__)
    add = parser.add_argument
    add("names", nargs="*", metavar="NAME", help="networks (default: all that we have)")
    add("--num-mel-bins", type=positive_int, help="of the networks named (default: 80)")
    add("--published", type=Path, default=PUBLISHED,
        help="published figures to show beside ours (default: those of egs/voxceleb)")  # fmt: skip
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table; return the exit status."""
    args = make_parser().parse_args(argv)
    from speakernet.report.networks import network_rows
    from speakernet.report.plain_text import aligned

    print(aligned(network_rows(args.names, args.num_mel_bins, args.published)))
    return 0


if __name__ == "__main__":
    run(main)
