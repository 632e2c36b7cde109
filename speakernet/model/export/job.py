"""An export from beginning to end: write, check what was written, keep it if it is right."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from speakernet.arrays import Float32
from speakernet.backend.inputs import INT16_SCALE
from speakernet.config import UserError
from speakernet.model.export.checking import LONGEST_S, ExportCheck, compare
from speakernet.model.export.graphs import ExportedModel, InputName, make_graph
from speakernet.model.export.quantization import quantize
from speakernet.model.export.voice import generated_voice
from speakernet.model.export.writing import FORMATS, ExportFormat, metadata, need_packages
from speakernet.model.packaged_model import PackagedModel
from speakernet.work.files import path_for_replace, scratch_folder

logger = logging.getLogger(__name__)

LIMIT = 1e-4
"""Largest difference to PyTorch; see ``checking``."""
EXTRACTION_LIMIT = 1e-2
"""The same to extraction, whose filter banks NumPy computes."""
LEAST_COSINE = 0.95
"""Least cosine of an embedding of 8-bit weights and the network's own."""
EXAMPLE_FRAMES = 400
EXAMPLE_BATCH = 2


@dataclass(frozen=True, kw_only=True)
class ExportJob:
    """What to export, and how.

    audio: recordings to check with; none: a generated signal.
    """

    model: Path
    output: Path
    model_format: str
    source: InputName
    int8: bool = False
    audio: Sequence[Path] = ()


def export(job: ExportJob, model: PackagedModel) -> ExportCheck:
    """Write ``job.output`` and return how far its embeddings are from the network's.

    Raises UserError where a package is missing, where the model has no such input, and if the file
    does not compute what the network does; ``job.output`` is then as it was.
    """
    kind = FORMATS.get(job.model_format)
    need_packages(kind.needs)
    if job.int8 and job.model_format != "onnx":
        raise UserError(f"--int8 true: {job.model_format} has none; expected --model-format onnx")
    if job.output.is_dir():
        raise UserError(f"{job.output}: is a folder; expected the name of a file")
    if not job.output.parent.is_dir():
        raise UserError(f"{job.output}: there is no folder {job.output.parent}; make it first")
    exported = exported_model(str(job.model), model)
    graph = make_graph(exported, job.source)
    samples = _check_samples(job, model, exported)
    with path_for_replace(job.output) as path:
        _write(job, kind, exported, graph, path)
        found = compare(kind.read(path), graph, exported, job.source, samples)
        problem = _problem(found, job.int8)
        if problem:
            raise UserError(f"{job.output}: not written: {problem}")
    return found


def exported_model(name: str, model: PackagedModel) -> ExportedModel:
    """Return what of a packaged model is exported; ``name`` is for messages."""
    description = model.description
    front_end = description.front_end
    return ExportedModel(
        name=name,
        title=description.name,
        network=model.network,
        options=front_end.options,
        input_dim=description.input_dim,
        cmn_window=front_end.cmn_window,
        extraction=description.extraction,
        dither_seed=front_end.dither_seed,
    )


def _write(
    job: ExportJob, kind: ExportFormat, model: ExportedModel, graph: nn.Module, path: Path
) -> None:
    example, notes = _example(model, job.source), metadata(model, job.source)
    if not job.int8:
        kind.write(graph, example, path, notes)
        return
    with scratch_folder(job.output) as folder:
        kind.write(graph, example, folder / "float32.onnx", notes)
        quantize(folder / "float32.onnx", path)


def _example(model: ExportedModel, source: InputName) -> Tensor:
    """Return an input to trace with; its numbers do not matter."""
    steps = model.steps(source).steps(EXAMPLE_FRAMES)
    shape = (EXAMPLE_BATCH, steps)
    return torch.randn(*shape, model.input_dim) if source == "features" else torch.rand(shape) - 0.5


def _check_samples(job: ExportJob, model: PackagedModel, exported: ExportedModel) -> Float32:
    """Return samples (n,) in [-1, 1] that are long enough for the shortest input."""
    rate = exported.sample_rate
    if not job.audio:
        return generated_voice(LONGEST_S, rate)
    parts = [model.front_end.read(path).waveform for path in job.audio]
    samples = np.concatenate(parts) / np.float32(INT16_SCALE)
    least = exported.steps("waveform").steps(exported.min_frames)
    if len(samples) < least:
        raise UserError(
            f"--audio {job.audio[0]}: found {len(samples) / rate:.2f} s in all; expected at least "
            f"{least / rate:.2f} s"
        )
    return samples


def _problem(found: ExportCheck, int8: bool) -> str:
    """Return why a file is wrong, or nothing."""
    if int8:
        wrong = not found.cosine >= LEAST_COSINE
        text = f"cosine {found.cosine:.3f} to the network; expected at least {LEAST_COSINE}"
        return text if wrong else ""
    for name, value, limit in (
        ("PyTorch", found.pytorch, LIMIT),
        ("extraction", found.extraction or 0.0, EXTRACTION_LIMIT),
    ):
        if not value <= limit:
            return f"it differs by {value:.1e} from {name}; expected at most {limit:g}"
    return ""
