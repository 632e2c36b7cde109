"""Embed a data dir: one job of steps/extract_embeddings.sh.

A job writes parts/JOB.{ark,scp,json} in the output folder and is skipped if they are there and fit.
Without --job the parts of all jobs are checked and joined to embedding.{ark,scp}.
"""

import logging
from argparse import Namespace
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.program import argument, arguments, options_from, program
from speakernet.bin.options.recipe import SETTINGS
from speakernet.bin.options.types import device, jobs, truth

logger = logging.getLogger(__name__)


@program("recipes")
@argument("model_dir", Path, "has recipe.yaml and checkpoints/")
@argument("data_dir", Path, "has utt2spk, and feats.scp or wav.scp")
@argument("output", Path, "folder of the embeddings")
@argument("--checkpoint", Path, "weights (default: the model's newest)")
@argument("--features-config", Path, "of features to compute, without feats.scp")
@argument("--job", jobs, "do part N, from 1 (default: join the parts)")
@argument("--untrained", truth, "random weights of recipe.seed instead", default="false")
@argument("--nj", jobs, "number of jobs", default=1)
@argument("--device", device, "cpu, cuda, cuda:N or auto (GPUs in turn)", default="auto")
@argument("--num-threads", jobs, "threads of a job on a CPU", default=1)
@arguments(SETTINGS)
def main(args: Namespace) -> int:
    """Run one job, or join the parts."""
    from speakernet.kaldi.tables import read_table

    utterances = list(read_table(args.data_dir / "utt2spk", num_fields=2))
    if args.job is None:
        from speakernet.backend.embedding_parts import join_parts

        count = join_parts(args.output, args.nj, utterances)
        logger.info("%s: %d embeddings of %d utterances", args.output, count, count)
        return 0
    from speakernet.backend.embedding_jobs import ExtractionJob, run_job  # torch takes seconds
    from speakernet.config import load_config
    from speakernet.recipe import Recipe

    job = options_from(ExtractionJob, args, num_jobs=args.nj)
    run_job(job, load_config(Recipe, args.model_dir / "recipe.yaml", args.set), utterances)
    return 0


if __name__ == "__main__":
    run(main)
