"""Split a data dir into parts for parallel jobs.

They are <data-dir>/split<N>/1 to N. A speaker's utterances stay together.
"""

from collections.abc import Sequence
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.parser import Parser
from speakernet.bin.options.types import positive_int

GROUP = "data"


def make_parser() -> Parser:
    """Return the parser of the command line."""
    parser = Parser(__file__, __doc__)
    add = parser.add_argument
    add("--per-utt", action="store_true", help="speakers may be split; writes split<N>utt")
    add("data_dir", type=Path, help="data dir to split")
    add("num_parts", type=positive_int, help="number of parts")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Write the parts."""
    args = make_parser().parse_args(argv)
    from speakernet.kaldi.datadir import split

    split(args.data_dir, args.num_parts, per_utt=args.per_utt)
    return 0


if __name__ == "__main__":
    run(main)
