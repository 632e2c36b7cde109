"""Copy a data dir at another speed, with speakers of its own.

Ids get the prefix sp<factor>-, as with Kaldi's script of this name.
"""

from argparse import Namespace
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.program import argument, program
from speakernet.bin.options.types import speed_factor


@program("data")
@argument("factor", speed_factor, "2 is twice as fast and half as long")
@argument("input_dir", Path, "data dir to copy")
@argument("output_dir", Path, "data dir to write")
def main(args: Namespace) -> int:
    """Parse the command line and write the copy."""
    from speakernet.prepare.speed_copies import write_speed_copy

    write_speed_copy(args.input_dir, args.output_dir, args.factor)
    return 0


if __name__ == "__main__":
    run(main)
