"""Embed a data dir: one job of steps/extract_embeddings.sh.

A job writes parts/JOB.{ark,scp,json} in the output folder and is skipped if they are there and fit.
Without --job the parts of all jobs are checked and joined to embedding.{ark,scp}.
"""

import logging
from collections.abc import Sequence
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.parser import Parser
from speakernet.bin.options.types import device, positive_int, truth

GROUP = "recipes"

logger = logging.getLogger(__name__)


def make_parser() -> Parser:
    """Return the parser of the command line."""
    parser = Parser(__file__, __doc__)
    add = parser.add_argument
    add("model_dir", type=Path, help="has recipe.yaml and checkpoints/")
    add("data_dir", type=Path, help="has utt2spk, and feats.scp or wav.scp")
    add("output", type=Path, help="folder of the embeddings")
    add("--checkpoint", type=Path, help="weights (default: the model's newest)")
    add("--untrained", type=truth, default=False,
        help="random weights of recipe.seed instead (default: false)")  # fmt: skip
    add("--job", type=positive_int, help="embed part N, from 1 (default: join the parts)")
    add("--nj", type=positive_int, default=1, help="number of jobs (default: 1)")
    add("--device", type=device, default="auto",
        help="cpu, cuda, cuda:N or auto: jobs are dealt out to GPUs (default: auto)")  # fmt: skip
    add("--num-threads", type=positive_int, default=1, help="of a job on a CPU (default: 1)")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one job, or join the parts."""
    args = make_parser().parse_args(argv)
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

    job = ExtractionJob(
        model_dir=args.model_dir,
        data_dir=args.data_dir,
        output=args.output,
        checkpoint=args.checkpoint,
        untrained=args.untrained,
        job=args.job,
        num_jobs=args.nj,
        device=args.device,
        num_threads=args.num_threads,
    )
    run_job(job, load_config(Recipe, args.model_dir / "recipe.yaml"), utterances)
    return 0


if __name__ == "__main__":
    run(main)
