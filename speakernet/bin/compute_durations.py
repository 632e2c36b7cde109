"""Read the durations of recordings: one job of steps/get_reco2dur.sh.

Writes PREFIX.{durations,json}. A job that was interrupted, or whose entries could not all be read,
goes on with those that are left. Without --job the parts of all jobs become <data-dir>/reco2dur.
Without a prefix, status 3 says that <data-dir>/reco2dur does not fit the recordings of now.
"""

import logging
import os
from argparse import Namespace
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.program import argument, program
from speakernet.bin.options.types import jobs, share

logger = logging.getLogger(__name__)

TO_BE_MADE = 3


@program("recipes")
@argument("--job", jobs, "do part N, from 1 (default: join the parts)")
@argument("--nj", jobs, "number of jobs", default=1)
@argument("--max-failed-share", share, "share of recordings that may be unreadable", default=0.0)
@argument("data_dir", Path, "data dir that gets reco2dur")
@argument("prefix", Path, "path of the part; without --job JOB stands for its number", nargs="?")
def main(args: Namespace) -> int:
    """Parse the command line and run the job, or collect what the jobs have written."""
    # There are as many jobs as cores. OpenBLAS reads this when NumPy is imported: not at the top.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    from speakernet.config.errors import UserError
    from speakernet.prepare.duration_tables import collect_durations, has_durations
    from speakernet.prepare.durations import compute_part
    from speakernet.work.job_parts import job_paths

    if args.prefix is None:
        if args.job is not None:
            raise UserError("--job: expected a prefix, too, for what the job writes")
        return 0 if has_durations(args.data_dir) else TO_BE_MADE
    if args.job is None:
        prefixes = job_paths(args.prefix, args.nj)
        num_failed = collect_durations(args.data_dir, prefixes, args.max_failed_share)
        if num_failed:
            logger.warning("%s: %d recordings have no duration", args.data_dir, num_failed)
        return 0
    scp = args.data_dir / "wav.scp"
    total, num_failed = compute_part(scp, args.prefix, args.job, args.nj)
    logger.info("%d recordings, %d could not be read", total, num_failed)
    return 0


if __name__ == "__main__":
    run(main)
