"""Store recordings in archives: one job of steps/pack_audio.sh.

Writes PREFIX.1.ark, PREFIX.2.ark, …, their index PREFIX.scp, and PREFIX.json. A recording that
cannot be read is reported and left out; collect-audio decides whether there were too many of them.
A job that was finished before, from the same entries and in the same format, is not done again.
"""

import logging
import os
from argparse import Namespace
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.program import argument, program
from speakernet.bin.options.types import jobs

logger = logging.getLogger(__name__)


@program("recipes")
@argument(
    "--audio-format",
    str,
    "copy: files as they are; wav, flac: 16 bits, one channel",
    choices=("copy", "wav", "flac"),
    default="flac",
    metavar="FORMAT",
)
@argument("--job", jobs, "do part N, from 1", default=1)
@argument("--nj", jobs, "number of jobs", default=1)
@argument("data_dir", Path, "data dir with wav.scp")
@argument("prefix", Path, "path of what is written, without suffixes")
def main(args: Namespace) -> int:
    """Parse the command line and run the job."""
    # There are as many jobs as cores. OpenBLAS reads this when NumPy is imported: not at the top.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    from speakernet.prepare.audio_jobs import PackSettings, run_job

    settings = PackSettings(form=args.audio_format)
    report = run_job(args.data_dir / "wav.scp", args.prefix, settings, args.job, args.nj)
    logger.info(
        "%d recordings, %.2f hours; %d failed",
        report.num_written, report.duration_s / 3600, len(report.failed),
    )  # fmt: skip
    return 0


if __name__ == "__main__":
    run(main)
