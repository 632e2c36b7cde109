"""One job of embedding extraction: a share of a data directory's utterances, a part in the end."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch

from speakernet.audio.notes import read_notes
from speakernet.backend.chunks import FEATURE_STEPS, WAVEFORM_STEPS
from speakernet.backend.config import ExtractionConfig
from speakernet.backend.embedding_parts import Part
from speakernet.backend.extraction import Extractor
from speakernet.backend.inputs import (
    Load,
    NamedArray,
    computed_loader,
    feature_loader,
    read_ahead,
    waveform_loader,
)
from speakernet.backend.quality import NUM_FRAMES
from speakernet.config.errors import UserError, naming
from speakernet.config.files import is_given
from speakernet.data.config import NetworkRecipe
from speakernet.nn.host_memory import keep_freed_memory
from speakernet.nn.models import SpeakerModel, build_model
from speakernet.nn.serialize import find_checkpoints, load_model
from speakernet.signal.extractors import find_features_config, read_feature_options
from speakernet.signal.options import FbankOptions, MfccOptions
from speakernet.work.job_parts import job_part
from speakernet.work.progress import progress
from speakernet.work.record import digest_of_file, digest_of_text

logger = logging.getLogger(__name__)

_REPEATED = "shorter than a chunk and repeated"
_CONSTANT = "with features that do not vary"
GPU_BATCH_FRAMES = 64_000
_GPU_READERS = 4


class ExtractionRecipe(NetworkRecipe, Protocol):
    """Protocol for the parts of a recipe that extraction reads."""

    @property
    def extraction(self) -> ExtractionConfig: ...


@dataclass(frozen=True, kw_only=True)
class ExtractionJob:
    """Job ``job`` (from 1) of ``num_jobs``: what to embed, with which weights, on which device.

    checkpoint: a file, or None for the newest of ``model_dir``; untrained: random weights of the
    recipe's seed instead. features_config: Kaldi's configuration, for a data dir without
    ``feats.scp``, whose features are computed (default: conf/<features>.conf). device: "auto", or
    what torch.device takes.
    """

    model_dir: Path
    data_dir: Path
    output: Path
    checkpoint: Path | None = None
    untrained: bool = False
    features_config: Path | None = None
    job: int = 1
    num_jobs: int = 1
    device: str = "auto"
    num_threads: int = 1


def run_job(job: ExtractionJob, recipe: ExtractionRecipe, utterances: Sequence[str]) -> None:
    """Write the job's part of the embeddings of ``utterances`` unless it is finished already."""
    checkpoint = None if job.untrained else _checkpoint(job)
    names = job_part(utterances, job.job, job.num_jobs)
    made_from = _made_from(job, recipe, checkpoint, names)
    part = Part(job.output, job.job)
    if part.is_finished(made_from):
        logger.info("job %d of %d: done before, skipped", job.job, job.num_jobs)
        return
    notes: dict[str, list[str]] = {}
    load = _loader(job, recipe, notes)
    model, input_dim = _model(job, recipe, checkpoint, load, names)
    extractor = _extractor(job, recipe, model)
    inputs = read_ahead(names, load, 0 if extractor.device.type == "cpu" else _GPU_READERS)
    num_frames: dict[str, int] = {}
    inputs = _noting(_fitting(inputs, input_dim), extractor, notes)
    inputs = _counting(inputs, extractor, num_frames)
    inputs = progress(inputs, len(names), "utterances")
    with naming(job.data_dir):
        embeddings = dict(extractor(inputs))
    kept = {name: notes[name] for name in names if name in notes}
    lengths = {name: num_frames[name] for name in names}
    part.write(((name, embeddings[name]) for name in names), lengths, kept, made_from)


def _checkpoint(job: ExtractionJob) -> Path:
    if job.checkpoint:
        return job.checkpoint
    found = find_checkpoints(job.model_dir)
    if not found:
        raise UserError(f"{job.model_dir}/checkpoints: no checkpoint")
    return found[0]


def _made_from(
    job: ExtractionJob, recipe: ExtractionRecipe, checkpoint: Path | None, names: Sequence[str]
) -> dict[str, Any]:
    """Say what a part depends on. A table's text stands for the data that it points to."""
    table = "feats.scp" if _has_features(job, recipe) else "wav.scp"
    tables = [path for path in (job.data_dir / table, job.data_dir / "segments") if is_given(path)]
    computed = not recipe.uses_waveform and table == "wav.scp"
    return {
        "checkpoint": digest_of_file(checkpoint) if checkpoint else f"seed {recipe.seed}",
        "model": recipe.model.model_dump(mode="json"),
        "extraction": recipe.extraction.model_dump(mode="json"),
        "cmn_window": recipe.data.cmn_window,
        "num_jobs": job.num_jobs,
        "data": [digest_of_file(path) for path in tables],
        "features": asdict(_feature_options(job, recipe)) if computed else recipe.features,
        "utterances": digest_of_text(names),
        "tables": [NUM_FRAMES],
    }


def _has_features(job: ExtractionJob, recipe: ExtractionRecipe) -> bool:
    return not recipe.uses_waveform and is_given(job.data_dir / "feats.scp")


def _feature_options(job: ExtractionJob, recipe: ExtractionRecipe) -> FbankOptions | MfccOptions:
    return read_feature_options(job.features_config or find_features_config(recipe.features))


def _loader(job: ExtractionJob, recipe: ExtractionRecipe, notes: dict[str, list[str]]) -> Load:
    """Return what reads inputs; ``notes`` gets what is known of their audio."""
    if recipe.uses_waveform:
        return waveform_loader(job.data_dir, notes)
    if not _has_features(job, recipe):
        return computed_loader(job.data_dir, _feature_options(job, recipe), recipe, notes)
    notes |= read_notes(job.data_dir)
    return feature_loader(job.data_dir, recipe.data.cmn_window)


def _model(
    job: ExtractionJob,
    recipe: ExtractionRecipe,
    checkpoint: Path | None,
    load: Load,
    names: Sequence[str],
) -> tuple[SpeakerModel, int]:
    """Return the network, and the dimension of the features that it takes (0: waveforms)."""
    if checkpoint:
        model, state = load_model(job.model_dir, checkpoint)
        return model, state.get("input_dim", 0)
    torch.manual_seed(recipe.seed)
    input_dim = 0 if recipe.uses_waveform else load(names[0]).shape[1]
    model = build_model(recipe.model, input_dim=input_dim)
    model.set_temperature(1.0)
    return model, input_dim


def _extractor(job: ExtractionJob, recipe: ExtractionRecipe, model: SpeakerModel) -> Extractor:
    device = choose_device(job.device, job.job)
    torch.set_num_threads(job.num_threads)
    if device.type == "cpu":
        keep_freed_memory()
    round_as_cpus_do()
    scale = WAVEFORM_STEPS if recipe.uses_waveform else FEATURE_STEPS
    batch_steps = 0 if device.type == "cpu" else scale.steps(GPU_BATCH_FRAMES)
    return Extractor(model, recipe.extraction, device=device, batch_steps=batch_steps)


def round_as_cpus_do() -> None:
    """Turn TensorFloat-32 off, for all of the process: it keeps ten bits of a product, too few for
    scores that are to be compared.
    """
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.deterministic = True


def choose_device(name: str, job: int = 1) -> torch.device:
    """Return the device asked for; "auto" deals the jobs, from 1, out to the visible GPUs.

    Raises UserError if it is not there.
    """
    count = torch.cuda.device_count()
    if name == "auto":
        return torch.device(f"cuda:{(job - 1) % count}") if count else torch.device("cpu")
    try:
        device = torch.device(name)
    except (RuntimeError, TypeError):
        device = torch.device("meta")
    if device.type not in ("cpu", "cuda"):
        raise UserError(f"--device {name}: expected auto, cpu, cuda or cuda:N")
    if device.type == "cuda" and (device.index or 0) >= count:
        there = f"cuda:0 to cuda:{count - 1}" if count else "no GPU that torch can use"
        raise UserError(f"--device {name}: there is {there}; expected auto or cpu")
    return device


def _fitting(inputs: Iterator[NamedArray], input_dim: int) -> Iterator[NamedArray]:
    """Pass utterances on; raise UserError for features of another dimension, if it is known."""
    for name, utterance in inputs:
        if input_dim and utterance.ndim > 1 and utterance.shape[1] != input_dim:
            raise UserError(
                f"utterance '{name}' has {utterance.shape[1]} values a frame; the network takes "
                f"{input_dim}: expected the features that it was trained with"
            )
        yield name, utterance


def _noting(
    inputs: Iterator[NamedArray], extractor: Extractor, notes: dict[str, list[str]]
) -> Iterator[NamedArray]:
    """Pass utterances on; note those that are repeated to the least length, or constant."""
    for name, utterance in inputs:
        if extractor.is_short(len(utterance)):
            notes.setdefault(name, []).append(f"{_REPEATED} ({len(utterance)} steps)")
        if utterance.ndim > 1 and len(utterance) > 1 and not np.ptp(utterance, axis=0).any():
            notes.setdefault(name, []).append(_CONSTANT)
        yield name, utterance


def _counting(
    inputs: Iterator[NamedArray], extractor: Extractor, num_frames: dict[str, int]
) -> Iterator[NamedArray]:
    """Pass utterances on; ``num_frames`` gets their lengths in frames of 10 ms."""
    for name, utterance in inputs:
        num_frames[name] = extractor.num_frames(len(utterance))
        yield name, utterance
