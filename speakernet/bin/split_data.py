"""Split a data dir into parts for parallel jobs.

They are <data-dir>/split<N>/1 to N. A speaker's utterances stay together.
"""

from argparse import Namespace
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.parser import Flag
from speakernet.bin.options.program import argument, arguments, program
from speakernet.bin.options.types import positive_int


@program("data")
@arguments(Flag("--per-utt", "speakers may be split; writes split<N>utt"))
@argument("data_dir", Path, "data dir to split")
@argument("num_parts", positive_int, "number of parts")
def main(args: Namespace) -> int:
    """Write the parts."""
    from speakernet.kaldi.datadir import split

    split(args.data_dir, args.num_parts, per_utt=args.per_utt)
    return 0


if __name__ == "__main__":
    run(main)
