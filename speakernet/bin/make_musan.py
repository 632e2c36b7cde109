"""Make data dirs of the noise, music and speech of a MUSAN-like tree, with durations."""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.prepare.musan import PARTS, make_musan

logger = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None) -> int:
    """Parse the command line and write <data-dir>/musan_{noise,music,speech}."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sampling-rate", type=int, default=16000)
    parser.add_argument("--use-vocals", choices=("true", "false"), default="true")
    parser.add_argument("musan_dir", type=Path)
    parser.add_argument("data_dir", type=Path, help="parent of the data dirs")
    args = parser.parse_args(argv)
    for part in PARTS:
        folder = args.data_dir / f"musan_{part}"
        count = make_musan(
            args.musan_dir,
            part,
            folder,
            use_vocals=args.use_vocals == "true",
            sample_rate=args.sampling_rate,
        )
        logger.info("%s: %d files", folder, count)
    return 0


if __name__ == "__main__":
    run(main)
