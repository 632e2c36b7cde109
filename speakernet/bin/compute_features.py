"""Compute features: one job of steps/make_fbank.sh or steps/make_mfcc.sh.

Writes PREFIX.{ark,scp,utt2num_frames,utt2dur,json}. An utterance that cannot be read is reported
and left out; collect-features decides whether there were too many of them. A job that was finished
before, from the same wav.scp and with the same settings, is not done again.
"""

import logging
import os
from argparse import Namespace
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.program import argument, program
from speakernet.bin.options.types import count, truth

logger = logging.getLogger(__name__)


@program("recipes")
@argument("--config", Path, "Kaldi config file (default: its defaults)")
@argument("--seed", count, "seed of the dither", default=0)
@argument("--compress", truth, "store one byte a value", default="true")
@argument("type", str, "type of the features", choices=("fbank", "mfcc"))
@argument("data_dir", Path, "data dir with wav.scp")
@argument("prefix", Path, "path of what is written, without suffixes")
def main(args: Namespace) -> int:
    """Parse the command line and run the job."""
    # There are as many jobs as cores. OpenBLAS reads this when NumPy is imported: not at the top.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    from speakernet.prepare.feature_jobs import JobSettings, run_job
    from speakernet.signal.extractors import FEATURE_TYPES

    options = FEATURE_TYPES[args.type]
    settings = JobSettings(
        options=options.from_file(args.config) if args.config else options(),
        seed=args.seed,
        compress=args.compress,
    )
    report = run_job(args.data_dir, args.prefix, settings)
    logger.info(
        "%d utterances, %.2f hours; %d failed, %d empty",
        report.num_written, report.duration_s / 3600, len(report.failed), report.num_empty,
    )  # fmt: skip
    return 0


if __name__ == "__main__":
    run(main)
