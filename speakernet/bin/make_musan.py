"""Make data dirs of the noise, music and speech of MUSAN."""

import logging
from argparse import Namespace
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.program import argument, program
from speakernet.bin.options.types import sample_rate, truth

logger = logging.getLogger(__name__)


@program("data")
@argument("--sampling-rate", sample_rate, "files of another one are converted", default=16000)
@argument("--use-vocals", truth, "keep music that ANNOTATIONS says has vocals", default="true")
@argument("musan_dir", Path, "has noise/, music/ and speech/")
@argument("data_dir", Path, "parent of musan_noise, musan_music and musan_speech")
def main(args: Namespace) -> int:
    """Parse the command line and write musan_{noise,music,speech}."""
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
