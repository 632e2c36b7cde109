"""Make data dirs of the noise, music and speech of MUSAN."""

import logging
from collections.abc import Sequence
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.parser import Parser
from speakernet.bin.options.types import positive_int, truth

GROUP = "data"

logger = logging.getLogger(__name__)


def make_parser() -> Parser:
    """Return the parser of the command line."""
    parser = Parser(__file__, __doc__)
    add = parser.add_argument
    add("--sampling-rate", type=positive_int, default=16000,
        help="of the data dirs; files of another rate are converted (default: 16000)")  # fmt: skip
    add("--use-vocals", type=truth, default=True,
        help="keep music with vocals, as ANNOTATIONS has it (default: true)")  # fmt: skip
    add("musan_dir", type=Path, help="has noise/, music/ and speech/")
    add(
        "data_dir", type=Path, help="parent of the data dirs musan_noise, musan_music, musan_speech"
    )
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Parse the command line and write musan_{noise,music,speech}."""
    args = make_parser().parse_args(argv)
    from speakernet.prepare.musan import PARTS, make_musan

    for part in PARTS:
        folder = args.data_dir / f"musan_{part}"
        count = make_musan(
            args.musan_dir,
            part,
            folder,
            use_vocals=args.use_vocals,
            sample_rate=args.sampling_rate,
        )
        logger.info("%s: %d files", folder, count)
    return 0


if __name__ == "__main__":
    run(main)
