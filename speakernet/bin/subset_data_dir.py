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
@argument("--reco-list", Path, "the recordings of this table")
@argument("source", Path, "data dir to copy from")
@argument("number", count, "N, of utterances; none with a table", nargs="?")
@argument("target", Path, "data dir to write")
def main(args: Namespace) -> int:
    """Write the subset."""
    from speakernet.kaldi.datadir import SELECTIONS, Id, subset, subset_by_list

    tables = {Id.UTTERANCE: args.utt_list, Id.SPEAKER: args.spk_list, Id.RECORDING: args.reco_list}
    by_list = [(path, kind) for kind, path in tables.items() if path]
    chosen = [name for name in SELECTIONS if getattr(args, name.replace("-", "_"), False)]
    if len(chosen) + len(by_list) > 1:
        raise UserError("found several ways to choose; expected one (try --help)")
    if (args.number is None) != bool(by_list):
        how = "with a list expected SOURCE TARGET" if by_list else "expected SOURCE N TARGET"
        given = "".join(
            f"--{kind}-list: " for kind in ("utt", "spk", "reco") if getattr(args, f"{kind}_list")
        )
        raise UserError(f"{given}{how} (try --help)")
    if by_list:
        subset_by_list(args.source, args.target, *by_list[0])
    else:
        subset(args.source, args.target, args.number, *chosen)
    return 0


if __name__ == "__main__":
    run(main)
