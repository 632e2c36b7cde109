"""Check a data dir; name the file and line of its first fault."""

from argparse import Namespace
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.program import argument, arguments, program
from speakernet.bin.options.validation import VALIDATION, validate_as_asked


@program("data")
@arguments(*VALIDATION)
@argument("data_dir", Path, "data dir to check")
def main(args: Namespace) -> int:
    """Check it, and say that all is well."""
    validate_as_asked(args.data_dir, args)
    return 0


if __name__ == "__main__":
    run(main)
