"""Copy a data dir, maybe with other ids of utterances and speakers."""

import sys
from collections.abc import Sequence
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.parser import Parser
from speakernet.bin.options.validation import add_validation_options, validate_as_asked

GROUP = "data"

_AFFIXES = ("--utt-prefix", "--utt-suffix", "--spk-prefix", "--spk-suffix")
_TEXT_OPTIONS = (*_AFFIXES, "--validate-opts")


def make_parser() -> Parser:
    """Return the parser of the command line."""
    parser = Parser(__file__, __doc__)
    add = parser.add_argument
    for name in _AFFIXES:
        place = name.rpartition("-")[2]
        add(name, default="", metavar=place.upper(), help=f"{place} of the ids")
    add("--validate-opts", metavar="OPTIONS", help="check the copy with these options, in quotes")
    add("source", type=Path, help="data dir to copy")
    add("target", type=Path, help="data dir to write")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Write the copy, and check it if asked to."""
    args = make_parser().parse_args(_join_values(sys.argv[1:] if argv is None else argv))
    checks = Parser(__file__, None)
    add_validation_options(checks)
    how = checks.parse_args((args.validate_opts or "").split())
    from speakernet.kaldi.datadir import Affixes, copy

    affixes = Affixes(args.utt_prefix, args.utt_suffix, args.spk_prefix, args.spk_suffix)
    copy(args.source, args.target, affixes)
    if args.validate_opts is not None:
        validate_as_asked(args.target, how)
    return 0


def _join_values(argv: Sequence[str]) -> list[str]:
    """Write "--utt-suffix -noise" with "=", as argparse takes -noise for an option."""
    words = iter(argv)
    return [f"{word}={next(words, '')}" if word in _TEXT_OPTIONS else word for word in words]


if __name__ == "__main__":
    run(main)
