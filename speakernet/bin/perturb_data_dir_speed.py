"""Write a copy of a data dir at another speed, with speakers of its own (ids sp<factor>-…)."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.config import UserError
from speakernet.prepare.speed_copies import write_speed_copy


def main(argv: Sequence[str] | None = None) -> int:
    """Parse the command line and write the copy."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("factor", help="2 is twice as fast and half as long")
    parser.add_argument("input_dir", type=Path)
    parser.add_argument("output_dir", type=Path)
    args = parser.parse_args(argv)
    try:
        valid = 0.1 <= float(args.factor) <= 10
    except ValueError:
        valid = False
    if not valid:
        raise UserError(f"factor '{args.factor}': expected a number like 0.9")
    write_speed_copy(args.input_dir, args.output_dir, args.factor)
    return 0


if __name__ == "__main__":
    run(main)
