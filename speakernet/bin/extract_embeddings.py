"""Embed a data directory: one job of several (--job), or the joining of all parts.

A job writes parts/JOB.{ark,scp,json} in the output folder and is skipped if they are there and fit.
``--join N`` checks and joins the parts of N jobs to embedding.{ark,scp}.
"""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path

from speakernet.backend.embedding_parts import join_parts
from speakernet.bin.cli import run
from speakernet.config import load_config
from speakernet.kaldi.tables import read_table

logger = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one job, or join the parts."""
    args = _parse(argv)
    utterances = list(read_table(args.data_dir / "utt2spk", num_fields=2))
    if args.join:
        count = join_parts(args.output, args.join, utterances)
        logger.info("%s: %d embeddings of %d utterances", args.output, count, count)
        return 0
    from speakernet.backend.embedding_jobs import ExtractionJob, run_job  # torch takes seconds
    from speakernet.recipe import Recipe

    job = ExtractionJob(
        model_dir=args.model_dir,
        data_dir=args.data_dir,
        output=args.output,
        checkpoint=args.checkpoint,
        untrained=args.untrained,
        job=args.job,
        num_jobs=args.num_jobs,
        device=args.device,
        num_threads=args.num_threads,
    )
    run_job(job, load_config(Recipe, args.model_dir / "recipe.yaml"), utterances)
    return 0


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="extract-embeddings",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("model_dir", type=Path, help="has recipe.yaml and checkpoints/")
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--checkpoint", type=Path, help="default: the newest of the model")
    parser.add_argument("--untrained", action="store_true", help="random weights of recipe.seed")
    parser.add_argument("--job", type=int, default=1)
    parser.add_argument("--num-jobs", type=int, default=1)
    parser.add_argument("--join", type=int, metavar="N", help="join the parts of N jobs")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N")
    parser.add_argument("--num-threads", type=int, default=1, help="of a CPU")
    return parser.parse_args(argv)


if __name__ == "__main__":
    run(main)
