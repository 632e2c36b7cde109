"""Embed a data dir: one job of steps/extract_embeddings.sh.

A job writes parts/JOB.{ark,scp,json} in the output folder and is skipped if they are there and fit.
Without --job the parts of all jobs are checked and joined to embedding.{ark,scp}.
"""

import argparse
import hashlib
import logging
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from speakernet.arrays import Float32
from speakernet.backend import job_parts as parts
from speakernet.bin.cli import run
from speakernet.bin.options.parser import Parser
from speakernet.bin.options.types import device, positive_int, truth
from speakernet.config import UserError, load_config
from speakernet.kaldi.ark import ArkWriter
from speakernet.kaldi.tables import read_table, write_table
from speakernet.work.shares import share

if TYPE_CHECKING:
    import torch

    from speakernet.backend.extraction import Extractor
    from speakernet.backend.inputs import Load
    from speakernet.nn.models import SpeakerModel
    from speakernet.recipe import Recipe

GROUP = "recipes"

logger = logging.getLogger(__name__)

GPU_BATCH_FRAMES = 64_000


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
    utterances = list(read_table(args.data_dir / "utt2spk", num_fields=2))
    if args.job is None:
        count = parts.join_parts(args.output, args.nj, utterances)
        logger.info("%s: %d embeddings of %d utterances", args.output, count, count)
        return 0
    from speakernet.recipe import Recipe  # it knows the networks, and torch takes seconds

    recipe = load_config(Recipe, args.model_dir / "recipe.yaml")
    checkpoint = None if args.untrained else _checkpoint(args)
    names = share(utterances, args.job, args.nj)
    record = _record(args, recipe, checkpoint, names)
    if parts.is_made(args.output, args.job, record):
        logger.info("job %d of %d: done before, skipped", args.job, args.nj)
        return 0
    parts.start_part(args.output, args.job)
    _extract(args, recipe, checkpoint, names)
    parts.mark_made(args.output, args.job, record)
    return 0


def _checkpoint(args: argparse.Namespace) -> Path:
    from speakernet.nn.serialize import find_checkpoints

    if args.checkpoint:
        return Path(args.checkpoint)
    found = find_checkpoints(args.model_dir)
    if not found:
        raise UserError(f"{args.model_dir}/checkpoints: no checkpoint")
    return found[0]


def _record(
    args: argparse.Namespace, recipe: "Recipe", checkpoint: Path | None, names: Sequence[str]
) -> parts.Record:
    """Say what a part depends on. A table's text stands for the data that it points to."""
    table = args.data_dir / ("wav.scp" if recipe.uses_waveform else "feats.scp")
    return {
        "checkpoint": parts.digest_of_file(checkpoint) if checkpoint else f"seed {recipe.seed}",
        "model": recipe.model.model_dump(mode="json"),
        "extraction": recipe.extraction.model_dump(mode="json"),
        "cmn_window": recipe.data.cmn_window,
        "num_jobs": args.nj,
        "data": parts.digest_of_file(table),
        "utterances": hashlib.sha256("\n".join(names).encode()).hexdigest(),
    }


def _extract(
    args: argparse.Namespace, recipe: "Recipe", checkpoint: Path | None, names: Sequence[str]
) -> None:
    import torch

    from speakernet.backend.chunks import FEATURES, WAVEFORM
    from speakernet.backend.extraction import Extractor
    from speakernet.backend.inputs import read_ahead
    from speakernet.nn.host_memory import keep_freed_memory

    chosen = _device(args)
    torch.set_num_threads(args.num_threads)
    if chosen.type == "cpu":
        keep_freed_memory()
    # TensorFloat-32 keeps ten bits of a product, too few for scores that are to be compared.
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.deterministic = True
    load = _loader(args.data_dir, recipe)
    on_gpu = chosen.type != "cpu"
    scale = WAVEFORM if recipe.uses_waveform else FEATURES
    extractor = Extractor(
        _model(recipe, args.model_dir, checkpoint, lambda: load(names[0]).shape[1]),
        recipe.extraction,
        device=chosen,
        batch_steps=scale.steps(GPU_BATCH_FRAMES) if on_gpu else 0,
    )
    utterances = read_ahead(names, load, 4 if on_gpu else 0)
    _write(args, names, extractor, _report_short(args, utterances, extractor, len(names)))


def _loader(data_dir: Path, recipe: "Recipe") -> "Load":
    from speakernet.backend.inputs import feature_loader, waveform_loader

    if recipe.uses_waveform:
        return waveform_loader(data_dir)
    return feature_loader(data_dir, recipe.data.cmn_window)


def _model(
    recipe: "Recipe", model_dir: Path, checkpoint: Path | None, input_dim: Callable[[], int]
) -> "SpeakerModel":
    import torch

    from speakernet.nn.models import build_model
    from speakernet.nn.serialize import load_model

    if checkpoint:
        return load_model(model_dir, checkpoint)[0]
    torch.manual_seed(recipe.seed)
    model = build_model(recipe.model, input_dim=0 if recipe.uses_waveform else input_dim())
    model.set_temperature(1.0)
    return model


def _device(args: argparse.Namespace) -> "torch.device":
    """Return the device asked for; ``auto`` deals the jobs out to the visible GPUs."""
    import torch

    if args.device != "auto":
        return torch.device(args.device)
    count = torch.cuda.device_count()
    return torch.device(f"cuda:{(args.job - 1) % count}") if count else torch.device("cpu")


def _report_short(
    args: argparse.Namespace,
    utterances: Iterator[tuple[str, "Float32"]],
    extractor: "Extractor",
    total: int,
) -> Iterator[tuple[str, "Float32"]]:
    """Pass utterances on, show progress, list those that are repeated to the least length."""
    from speakernet.work.progress import progress

    short: dict[str, str] = {}
    for name, utterance in progress(utterances, total, "utterances"):
        if extractor.is_short(len(utterance)):
            short[name] = str(len(utterance))
        yield name, utterance
    write_table(parts.part_path(args.output, args.job, "short"), short.items())


def _write(
    args: argparse.Namespace,
    names: Sequence[str],
    extractor: "Extractor",
    utterances: Iterator[tuple[str, "Float32"]],
) -> None:
    embeddings = dict(extractor(utterances))
    ark, scp = (parts.part_path(args.output, args.job, kind) for kind in ("ark", "scp"))
    with ArkWriter(ark, scp) as writer:
        for name in names:
            writer.write(name, embeddings[name])


if __name__ == "__main__":
    run(main)
