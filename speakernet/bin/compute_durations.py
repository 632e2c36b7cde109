"""Read the durations of a part of wav.scp: one job of steps/get_reco2dur.sh.

Writes PREFIX.{known,failed}. A job that was interrupted, or whose entries could not all be read,
goes on with those that are left. With --collect the parts of all jobs become <data-dir>/reco2dur.
"""

import argparse
import logging
import os
from collections.abc import Sequence
from pathlib import Path

from speakernet.bin.cli import failed_share, run
from speakernet.work.shares import job_paths

logger = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None) -> int:
    """Parse the command line and run the job, or collect what the jobs have written."""
    # There are as many jobs as cores. OpenBLAS reads this when NumPy is imported: not at the top.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    from speakernet.prepare.durations import collect_durations, compute_part

    parser = argparse.ArgumentParser(description=__doc__)
    task = parser.add_mutually_exclusive_group(required=True)
    task.add_argument("--job", type=int, metavar="N", help="read part N, from 1")
    task.add_argument("--collect", action="store_true", help="join the parts")
    parser.add_argument("--max-failed-share", type=failed_share, default=0.0)
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("prefix", help="path of the part; with --collect JOB is its number")
    parser.add_argument("num_jobs", type=int)
    args = parser.parse_args(argv)
    if args.collect:
        prefixes = job_paths(args.prefix, args.num_jobs)
        num_failed = collect_durations(args.data_dir, prefixes, args.max_failed_share)
        logger.info("%s: %d recordings have no duration", args.data_dir, num_failed)
        return 0
    scp = args.data_dir / "wav.scp"
    total, num_failed = compute_part(scp, Path(args.prefix), args.job, args.num_jobs)
    logger.info("%d recordings, %d could not be read", total, num_failed)
    return 0


if __name__ == "__main__":
    run(main)
