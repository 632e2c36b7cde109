"""Make a data dir whose recordings lie in archives that jobs have written."""

from argparse import Namespace
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.program import argument, program
from speakernet.bin.options.types import jobs, share


@program("recipes")
@argument("--max-failed-share", share, "share of recordings that may be unreadable", default=0.0)
@argument("--nj", jobs, "number of jobs", default=1)
@argument("source", Path, "data dir that the jobs have read")
@argument("target", Path, "data dir to write")
@argument("prefix", Path, "path of the parts, with JOB in place of the number")
def main(args: Namespace) -> int:
    """Parse the command line and write the data dir."""
    from speakernet.prepare.audio_tables import collect_audio
    from speakernet.work.job_parts import job_paths

    prefixes = job_paths(args.prefix, args.nj)
    collect_audio(args.source, args.target, prefixes, args.max_failed_share)
    return 0


if __name__ == "__main__":
    run(main)
