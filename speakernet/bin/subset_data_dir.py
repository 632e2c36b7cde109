"""Copy some of the utterances of a data dir.

By default they are spread evenly over it.
"""

from collections.abc import Sequence
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.parser import Parser
from speakernet.config.errors import UserError

GROUP = "data"

_SELECTIONS = {
    "first": "the first N utterances",
    "last": "the last N utterances",
    "shortest": "the N shortest utterances",
    "per-spk": "up to N utterances of each speaker",
    "speakers": "all utterances of speakers drawn at random, N or more",
}


def make_parser() -> Parser:
    """Return the parser of the command line."""
    parser = Parser(__file__, __doc__)
    parser.usage = (
        "%(prog)s [--first | --last | --shortest | --per-spk | --speakers] SOURCE N TARGET\n"
        "       %(prog)s (--utt-list FILE | --spk-list FILE | --reco-list FILE) SOURCE TARGET"
    )
    mode = parser.add_mutually_exclusive_group()
    for name, text in _SELECTIONS.items():
        mode.add_argument(
            f"--{name}", dest="selection", action="store_const", const=name, help=text
        )
    mode.add_argument("--utt-list", type=Path, metavar="FILE", help="the utterances of this table")
    mode.add_argument("--spk-list", type=Path, metavar="FILE", help="the speakers of this table")
    mode.add_argument("--reco-list", type=Path, metavar="FILE", help="the recordings of this table")
    parser.add_argument("arguments", nargs="+", help="SOURCE N TARGET, or SOURCE TARGET")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Write the subset."""
    args = make_parser().parse_args(argv)
    from speakernet.kaldi.datadir import Id, subset, subset_by_list

    lists = {
        Id.UTTERANCE: args.utt_list,
        Id.SPEAKER: args.spk_list,
        Id.RECORDING: args.reco_list,
    }
    by_list = [(path, kind) for kind, path in lists.items() if path]
    if len(args.arguments) != (2 if by_list else 3):
        expected = "SOURCE TARGET" if by_list else "SOURCE N TARGET"
        raise UserError(f"found {len(args.arguments)} arguments; expected {expected}")
    source, target = Path(args.arguments[0]), Path(args.arguments[-1])
    if by_list:
        subset_by_list(source, target, *by_list[0])
        return 0
    number = args.arguments[1]
    if not number.isdecimal():
        raise UserError(f"'{number}' is not a number of utterances")
    subset(source, target, int(number), args.selection or "spread")
    return 0


if __name__ == "__main__":
    run(main)
