"""Compute the features of a data dir: one job of steps/make_fbank.sh or steps/make_mfcc.sh.

Writes PREFIX.{ark,scp,utt2num_frames,utt2dur,json}. An utterance that cannot be read is reported
and left out; collect-features decides whether there were too many of them. A job that was finished
before, from the same wav.scp and with the same settings, is not done again.
"""

import argparse
import logging
import os
from collections.abc import Sequence
from pathlib import Path

from speakernet.bin.cli import run

logger = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None) -> int:
    """Parse the command line and run the job."""
    # There are as many jobs as cores. OpenBLAS reads this when NumPy is imported: not at the top.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    from speakernet.prepare.feature_jobs import FEATURE_TYPES, JobSettings, run_job

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, help="Kaldi config file (default: its defaults)")
    parser.add_argument("--seed", type=int, default=0, help="of the dither (default: 0)")
    parser.add_argument("--compress", choices=("true", "false"), default="true")
    parser.add_argument("type", choices=FEATURE_TYPES)
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("prefix", type=Path, help="path of what is written, without suffixes")
    args = parser.parse_args(argv)
    options = FEATURE_TYPES[args.type]
    settings = JobSettings(
        options=options.from_file(args.config) if args.config else options(),
        seed=args.seed,
        compress=args.compress == "true",
    )
    report = run_job(args.data_dir, args.prefix, settings)
    logger.info(
        "%d utterances, %.2f hours; %d failed, %d empty",
        report.num_written, report.duration_s / 3600, len(report.failed), report.num_empty,
    )  # fmt: skip
    return 0


if __name__ == "__main__":
    run(main)
