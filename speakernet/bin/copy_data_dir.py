"""Copy a data dir, maybe with other ids of utterances and speakers."""

from argparse import Namespace
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.parser import Parser
from speakernet.bin.options.program import argument, program
from speakernet.bin.options.validation import VALIDATION, validate_as_asked


@program("data")
@argument("--utt-prefix", str, "put before ids of utterances", default="", metavar="PREFIX")
@argument("--utt-suffix", str, "put behind ids of utterances", default="", metavar="SUFFIX")
@argument("--spk-prefix", str, "put before ids of speakers", default="", metavar="PREFIX")
@argument("--spk-suffix", str, "put behind ids of speakers", default="", metavar="SUFFIX")
@argument("--validate-opts", str, "check the copy with these, in quotes", metavar="OPTIONS")
@argument("source", Path, "data dir to copy")
@argument("target", Path, "data dir to write")
def main(args: Namespace) -> int:
    """Write the copy, and check it if asked to."""
    checks = Parser("validate-data-dir", None, VALIDATION)
    how = checks.parse_words((args.validate_opts or "").split())
    from speakernet.kaldi.datadir import Affixes, copy

    affixes = Affixes(args.utt_prefix, args.utt_suffix, args.spk_prefix, args.spk_suffix)
    copy(args.source, args.target, affixes)
    if args.validate_opts is not None:
        validate_as_asked(args.target, how)
    return 0


if __name__ == "__main__":
    run(main)
