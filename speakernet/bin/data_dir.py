"""Tools for Kaldi data directories; utils/{validate_data_dir,combine_data,…}.sh call these."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.config import UserError
from speakernet.kaldi.datadir import (
    Affixes,
    Id,
    combine,
    copy,
    fix,
    split,
    subset,
    subset_by_list,
    utt2spk_from_spk2utt,
    validate,
)
from speakernet.kaldi.datadir.speakers import iter_spk2utt_lines
from speakernet.kaldi.tables import iter_ids

logger = logging.getLogger(__name__)

_AFFIXES = ("--utt-prefix", "--utt-suffix", "--spk-prefix", "--spk-suffix")
_TEXT_OPTIONS = (*_AFFIXES, "--validate-opts")

Parser = argparse.ArgumentParser
Handler = Callable[[argparse.Namespace], None]


def _add_validate(parser: Parser) -> None:
    for name in ("feats", "text", "wav"):
        parser.add_argument(f"--no-{name}", action="store_true", help=f"{name} may be missing")
    parser.add_argument("--no-spk-sort", action="store_true", help="speakers need no order")
    parser.add_argument("--non-print", action="store_true", help="text may hold any characters")
    parser.add_argument("data_dir", type=Path)


def _validate(args: argparse.Namespace) -> None:
    validate(
        args.data_dir,
        feats=not args.no_feats,
        text=not args.no_text,
        wav=not args.no_wav,
        spk_sort=not args.no_spk_sort,
        non_print=args.non_print,
    )
    logger.info("successfully validated data directory %s", args.data_dir)


def _add_fix(parser: Parser) -> None:
    parser.add_argument("data_dir", type=Path)


def _fix(args: argparse.Namespace) -> None:
    kept, total = fix(args.data_dir)
    if kept == total:
        logger.info("%s: kept all %d utterances", args.data_dir, total)
    else:
        logger.info("%s: kept %d utterances out of %d", args.data_dir, kept, total)


def _add_combine(parser: Parser) -> None:
    parser.add_argument("--extra-files", default="", help="more tables to merge, in quotes")
    parser.add_argument("--skip-fix", choices=("true", "false"), default="false")
    parser.add_argument("target", type=Path)
    parser.add_argument("sources", type=Path, nargs="+")


def _combine(args: argparse.Namespace) -> None:
    skip_fix = args.skip_fix == "true"
    combine(args.target, args.sources, extra_files=args.extra_files.split(), skip_fix=skip_fix)
    num_utts = sum(1 for _ in iter_ids(args.target / "utt2spk"))
    logger.info("%s: %d utterances of %d sources", args.target, num_utts, len(args.sources))


def _add_subset(parser: Parser) -> None:
    parser.usage = (
        "%(prog)s [--first | --last | --shortest | --per-spk | --speakers] SOURCE N TARGET\n"
        "       %(prog)s (--utt-list FILE | --spk-list FILE | --reco-list FILE) SOURCE TARGET"
    )
    mode = parser.add_mutually_exclusive_group()
    for name in ("first", "last", "shortest", "per-spk", "speakers"):
        mode.add_argument(f"--{name}", dest="selection", action="store_const", const=name)
    mode.add_argument("--utt-list", type=Path)
    mode.add_argument("--spk-list", type=Path)
    mode.add_argument("--reco-list", type=Path)
    parser.add_argument("arguments", nargs="+")


def _subset(args: argparse.Namespace) -> None:
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
        return
    number = args.arguments[1]
    if not number.isdecimal():
        raise UserError(f"'{number}' is not a number of utterances")
    subset(source, target, int(number), args.selection or "spread")


def _add_split(parser: Parser) -> None:
    parser.add_argument("--per-utt", action="store_true", help="speakers may be split")
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("num_parts", type=int)


def _split(args: argparse.Namespace) -> None:
    split(args.data_dir, args.num_parts, per_utt=args.per_utt)


def _add_copy(parser: Parser) -> None:
    for name in _AFFIXES:
        parser.add_argument(name, default="", help="put before or after ids")
    parser.add_argument("--validate-opts", help="validate the copy with these options, in quotes")
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)


def _copy(args: argparse.Namespace) -> None:
    affixes = Affixes(args.utt_prefix, args.utt_suffix, args.spk_prefix, args.spk_suffix)
    copy(args.source, args.target, affixes)
    if args.validate_opts is not None:
        main(["validate", *args.validate_opts.split(), str(args.target)])


def _add_table(parser: Parser) -> None:
    parser.add_argument("table", type=Path)


def _spk2utt(args: argparse.Namespace) -> None:
    for line in iter_spk2utt_lines(args.table):
        sys.stdout.buffer.write(line + b"\n")


def _utt2spk(args: argparse.Namespace) -> None:
    for utterance, speaker in utt2spk_from_spk2utt(args.table):
        sys.stdout.buffer.write(f"{utterance} {speaker}\n".encode())


_COMMANDS: dict[str, tuple[Callable[[Parser], None], Handler, str]] = {
    "validate": (_add_validate, _validate, "check a data directory"),
    "fix": (_add_fix, _fix, "sort tables, drop what not every table has, remake spk2utt"),
    "combine": (_add_combine, _combine, "merge data directories"),
    "subset": (_add_subset, _subset, "take some of the utterances"),
    "split": (_add_split, _split, "split into parts for parallel jobs"),
    "copy": (_add_copy, _copy, "copy under other ids"),
    "utt2spk_to_spk2utt": (_add_table, _spk2utt, "print spk2utt of an utt2spk"),
    "spk2utt_to_utt2spk": (_add_table, _utt2spk, "print utt2spk of a spk2utt"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one of the commands."""
    parser = Parser(prog="data_dir", description=__doc__, allow_abbrev=False)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, (add_arguments, handler, text) in _COMMANDS.items():
        command = commands.add_parser(name, help=text, description=text, allow_abbrev=False)
        add_arguments(command)
        command.set_defaults(handler=handler)
    args = parser.parse_args(_join_values(sys.argv[1:] if argv is None else argv))
    args.handler(args)
    return 0


def _join_values(argv: Sequence[str]) -> list[str]:
    """Write ``--utt-suffix -noise`` with ``=``, as argparse takes ``-noise`` for an option."""
    words = iter(argv)
    return [f"{word}={next(words, '')}" if word in _TEXT_OPTIONS else word for word in words]


if __name__ == "__main__":
    run(main)
