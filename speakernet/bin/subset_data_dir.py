"""Copy some of the utterances of a data dir.

By default they are spread evenly over it.
"""

from argparse import Namespace
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.parser import Flag
from speakernet.bin.options.program import argument, arguments, program
from speakernet.bin.options.types import count
from speakernet.config.errors import UserError


@program("data")
@arguments(
    Flag("--first", "the first N utterances"),
    Flag("--last", "the last N utterances"),
    Flag("--shortest", "the N shortest utterances"),
    Flag("--per-spk", "up to N utterances of each speaker"),
    Flag("--speakers", "all utterances of speakers drawn at random, N or more"),
)
@argument("--utt-list", Path, "the utterances of this table")
@argument("--spk-list", Path, "the speakers of this table")
@argument("source", Path, "data dir to copy from")
@argument("number", count, "of utterances; not with a list", nargs="?")
@argument("target", Path, "data dir to write")
def main(args: Namespace) -> int:
    """Write the subset."""
    from speakernet.kaldi.datadir import SELECTIONS, subset, subset_by_list

    chosen = [name for name in SELECTIONS if getattr(args, name.replace("-", "_"), False)]
    by_list = [path for path in (args.utt_list, args.spk_list) if path]
    if len(chosen) + len(by_list) > 1:
        raise UserError("expected one of --first, --last, --shortest, --per-spk, --speakers, lists")
    if by_list and args.number is None:
        subset_by_list(args.source, args.target, utt_list=args.utt_list, spk_list=args.spk_list)
    elif by_list or args.number is None:
        expected = "SOURCE TARGET" if by_list else "SOURCE N TARGET"
        raise UserError(f"expected {expected}")
    else:
        subset(args.source, args.target, args.number, *(chosen or ["spread"]))
    return 0


if __name__ == "__main__":
    run(main)
