"""The formats: each written from a graph, and read again to a function of arrays.

ONNX files have the opset ``OPSET``; every format has one input, named ``features`` or ``waveform``,
and one output, named ``embedding``, both with any batch and length, and the notes of
``metadata``.
"""

import json
import logging
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

import speakernet
from speakernet.arrays import Float32
from speakernet.config import UserError
from speakernet.config.registry import Registry
from speakernet.model.export.graphs import ExportedModel, InputName

OPSET = 18
OUTPUT = "embedding"

Embed = Callable[[Float32], Float32]
"""A function from a batch (batch, steps, …) to embeddings (batch, dim)."""


class ExportFormat:
    """A kind of file: how it is written, and how it is read and run."""

    needs: tuple[str, ...] = ()
    """Packages that it takes beside torch."""

    def write(
        self, graph: nn.Module, example: Tensor, path: Path, notes: Mapping[str, str]
    ) -> None:
        """Write ``graph`` to ``path``; ``example`` is an input of it."""
        raise NotImplementedError

    def read(self, path: Path) -> Embed:
        """Return what the file computes."""
        raise NotImplementedError


FORMATS = Registry[ExportFormat]("format")


def metadata(model: ExportedModel, source: InputName) -> dict[str, str]:
    """Return what a file says of itself: texts by name, lengths in steps of the input."""
    steps = model.steps(source)
    notes = {
        "speakernet": speakernet.__version__,
        "model": model.title,
        "network": model.network.config.name,
        "input": source,
        "sample_rate": str(model.sample_rate),
        "embedding_dim": str(model.network.embedding_dim),
        "min_steps": str(steps.steps(model.min_frames)),
        "extraction": model.extraction.model_dump_json(),
    }
    if source == "features":
        notes |= {"input_dim": str(model.input_dim), "cmn_window": str(model.cmn_window or 0)}
    return notes


def need_packages(names: tuple[str, ...]) -> None:
    """Raise UserError unless these packages are installed."""
    missing = [name for name in names if find_spec(name) is None]
    if missing:
        raise UserError(
            f"--model-format onnx needs {', '.join(missing)}, which the environment lacks; run "
            "utils/install/environment.sh --dev or pip install 'speakernet[export]'"
        )


@contextmanager
def quiet() -> Iterator[None]:
    """Keep what torch and onnxscript say of their own parts to themselves, up to warnings."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(action="ignore"), torch.no_grad():
            yield
    finally:
        logging.disable(before)


def _exported(graph: nn.Module, example: Tensor) -> Any:
    """Return torch's graph of operators, with any batch and length."""
    sizes = {0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.DYNAMIC}
    return torch.export.export(graph, (example,), dynamic_shapes=(sizes,))


class OnnxFormat(ExportFormat):
    """ONNX: for onnxruntime, TensorRT, browsers."""

    needs = ("onnx", "onnxscript", "onnxruntime")

    def write(
        self, graph: nn.Module, example: Tensor, path: Path, notes: Mapping[str, str]
    ) -> None:
        """Write ``graph`` with torch's exporter."""
        with quiet():
            program = torch.onnx.export(
                _exported(graph, example),
                dynamo=True,
                opset_version=OPSET,
                input_names=[notes["input"]],
                output_names=[OUTPUT],
                verbose=False,
            )
            assert program is not None
            program.model.metadata_props.update(notes)
            program.save(str(path))

    def read(self, path: Path) -> Embed:
        """Return what onnxruntime computes, on the CPU."""
        from onnxruntime import InferenceSession, SessionOptions

        options = SessionOptions()
        options.log_severity_level = 3  # errors
        options.intra_op_num_threads = torch.get_num_threads()
        session = InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        name = session.get_inputs()[0].name
        return lambda batch: session.run([OUTPUT], {name: batch})[0]


class TorchExportFormat(ExportFormat):
    """torch.export: torch's graph of operators, for torch and AOTInductor."""

    def write(
        self, graph: nn.Module, example: Tensor, path: Path, notes: Mapping[str, str]
    ) -> None:
        """Write ``graph``; the notes are an extra file, ``notes.json``."""
        extra = {"notes.json": json.dumps(notes)}
        with quiet(), path.open("wb") as stream:
            torch.export.save(_exported(graph, example), stream, extra_files=extra)

    def read(self, path: Path) -> Embed:
        """Return what torch computes."""
        with quiet():
            return _of_arrays(torch.export.load(path).module())


class TorchScriptFormat(ExportFormat):
    """TorchScript: for libtorch and mobile phones."""

    def write(
        self, graph: nn.Module, example: Tensor, path: Path, notes: Mapping[str, str]
    ) -> None:
        """Write a trace of ``graph``; the notes are an extra file, ``notes.json``."""
        with quiet(), path.open("wb") as stream:
            traced = torch.jit.trace(graph, (example,), check_trace=False)
            torch.jit.save(traced, stream, _extra_files={"notes.json": json.dumps(notes)})

    def read(self, path: Path) -> Embed:
        """Return what torch computes."""
        with quiet():
            return _of_arrays(torch.jit.load(path))


def _of_arrays(module: Any) -> Embed:
    def embed(batch: Float32) -> Float32:
        with torch.no_grad():
            return module(torch.from_numpy(batch)).numpy()

    return embed


for _name, _kind in (
    ("onnx", OnnxFormat),
    ("torch-export", TorchExportFormat),
    ("torchscript", TorchScriptFormat),
):
    FORMATS.register(_name)(_kind())
