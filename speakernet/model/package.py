"""A packaged model on disk: a folder that is written whole, and read without running code.

    model.json           description.py: network, front end, scoring, calibration, checksums
    weights.safetensors  the state dict of the network, without the classifier
    cohort.safetensors   "cohort" (members, dim) and "mean" (dim,), float64; where scoring has them
    recipe.yaml          the resolved recipe, for information
    README.md            the model card, for information

The format of the tensors: https://huggingface.co/docs/safetensors.
"""

import hashlib
import json
import os
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy
import safetensors.torch
import torch
from torch import Tensor

from speakernet.arrays import Float64
from speakernet.config import UserError
from speakernet.config.build import build
from speakernet.config.errors import naming
from speakernet.config.files import open_input, read_text
from speakernet.config.tree import to_tree
from speakernet.model.description import (
    CARD,
    COHORT,
    DESCRIPTION,
    FORMAT,
    PACKAGED_FILES,
    RECIPE,
    WEIGHTS,
    Description,
    FileConfig,
)
from speakernet.nn.models import SpeakerModel as Network
from speakernet.nn.models import build_model
from speakernet.nn.weights import mismatch
from speakernet.work.files import folder_for_replace

_MAX_DESCRIPTION_BYTES = 1 << 20
_RECORDS = (".done", ".cleaned")  # of utils/once.sh


@dataclass(frozen=True, eq=False)
class Package:
    """What a package holds.

    network: in eval mode, on the CPU. cohort: (members, dim) of score normalisation, or None; mean:
    (dim,) to subtract from every embedding, or None. texts: of the recipe and the card, by name.
    """

    description: Description
    network: Network
    cohort: Float64 | None = None
    mean: Float64 | None = None
    texts: Mapping[str, str] = field(default_factory=dict)


def write_package(folder: Path, package: Package) -> None:
    """Write a package to ``folder``, which is new, empty, or an earlier package that it replaces.

    Raises UserError for a folder that has other files.
    """
    _check_target(folder)
    files = _contents(package)
    kept = {name: data for name, data in files.items() if name != CARD}
    sums = {name: _file_config(data) for name, data in kept.items()}
    description = package.description.model_copy(update={"files": sums})
    text = json.dumps(description.model_dump(mode="json"), indent=1) + "\n"
    files[DESCRIPTION] = text.encode()
    with folder_for_replace(folder) as new:
        for name, data in files.items():
            (new / name).write_bytes(data)


def _check_target(folder: Path) -> None:
    if not os.path.lexists(folder):
        return
    if not folder.is_dir():
        raise UserError(f"{folder}: found a file; expected a folder for the package")
    others = sorted(set(os.listdir(folder)) - {*PACKAGED_FILES, *_RECORDS})
    if others:
        raise UserError(
            f"{folder}: has '{others[0]}', which is of no package; expected a new folder"
        )


def _contents(package: Package) -> dict[str, bytes]:
    state = {name: value.contiguous() for name, value in package.network.state_dict().items()}
    files = {WEIGHTS: safetensors.torch.save(state)}
    arrays = {"cohort": package.cohort, "mean": package.mean}
    given = {name: array for name, array in arrays.items() if array is not None}
    if given:
        files[COHORT] = safetensors.numpy.save(given)
    return files | {name: text.encode() for name, text in package.texts.items()}


def _file_config(data: bytes) -> FileConfig:
    return FileConfig(size=len(data), sha256=hashlib.sha256(data).hexdigest())


def read_description(folder: Path) -> Description:
    """Read ``model.json`` of a package. Raises UserError if it is none, or of another format."""
    path = folder / DESCRIPTION
    if not os.path.lexists(path):
        hint = "speakernet package makes one of an experiment"
        raise UserError(f"{folder}: has no {DESCRIPTION}; expected a packaged model ({hint})")
    values = _parse_json(path)
    found = values.get("format")
    if found != FORMAT:
        raise UserError(f"{path}: has the format {str(found)[:80]!r}; expected {FORMAT!r}")
    try:
        return build(Description, to_tree(values, str(path)), str(path))
    except UserError as error:  # options of features say nothing of the file
        place = "" if str(error).startswith(str(path)) else f"{path}: "
        raise UserError(f"{place}{error}") from None


def _parse_json(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(read_text(path, _MAX_DESCRIPTION_BYTES))
    except (ValueError, RecursionError):
        raise UserError(f"{path}: is not JSON; expected a packaged model's description") from None
    if not isinstance(values, dict):
        raise UserError(f"{path}: expected an object; found a {type(values).__name__}")
    return values


def read_package(folder: Path) -> Package:
    """Read a package, on the CPU. No file of it can make code run.

    Raises UserError if a file is missing, has another size or checksum than ``model.json`` says, or
    if tensors do not fit the network in names, shapes and types, or are not finite.
    """
    description = read_description(folder)
    files = {name: _read_file(folder / name, known) for name, known in description.files.items()}
    with naming(folder / WEIGHTS):
        network = _network(description, files[WEIGHTS])
    with naming(folder / COHORT):
        cohort, mean = _cohort(description, files.get(COHORT))
    texts = {RECIPE: files[RECIPE].decode(errors="replace")} if RECIPE in files else {}
    return Package(description, network, cohort, mean, texts)


def _read_file(path: Path, expected: FileConfig) -> bytes:
    with open_input(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size != expected.size:
            text = f"has {size} bytes; expected {expected.size}, as {DESCRIPTION} says"
            raise UserError(f"{path}: {text}")
        data = file.read(size)
    if hashlib.sha256(data).hexdigest() != expected.sha256:
        raise UserError(f"{path}: its SHA-256 is not that of {DESCRIPTION}: it was changed")
    return data


def _network(description: Description, data: bytes) -> Network:
    try:
        state: dict[str, Tensor] = safetensors.torch.load(data)
    except (safetensors.SafetensorError, ValueError, KeyError, OverflowError) as error:
        raise UserError(f"cannot be read as safetensors: {_one_line(error)}") from None

    def make() -> Network:
        return build_model(description.network, input_dim=description.input_dim)

    with torch.device("meta"), warnings.catch_warnings(action="ignore"):
        problem = mismatch(state, make().state_dict())  # before a network takes memory
    if problem:
        raise UserError(f"does not fit network '{description.network.name}': {problem}")
    network = make()
    if network.embedding_dim != description.embedding_dim:
        raise UserError(
            f"network '{description.network.name}' has embeddings of {network.embedding_dim}; "
            f"{DESCRIPTION} says {description.embedding_dim}"
        )
    network.load_state_dict(state)
    network.set_temperature(1.0)
    return network.eval()


def _cohort(description: Description, data: bytes | None) -> tuple[Float64 | None, Float64 | None]:
    dim = description.embedding_dim
    shapes: dict[str, tuple[int, ...]] = {}
    if description.cohort_size:
        shapes["cohort"] = (description.cohort_size, dim)
    if description.scoring.subtract_mean:
        shapes["mean"] = (dim,)
    try:
        arrays = safetensors.numpy.load(data) if data is not None else {}
    except (safetensors.SafetensorError, ValueError, KeyError, OverflowError) as error:
        raise UserError(f"cannot be read as safetensors: {_one_line(error)}") from None
    found = {name: array.shape for name, array in arrays.items()}
    if found != shapes:
        raise UserError(f"has {found or 'nothing'}; expected {shapes or 'nothing'}")
    for name, array in arrays.items():
        if array.dtype != np.float64 or not np.isfinite(array).all():
            raise UserError(f"'{name}' is {array.dtype}, or not finite; expected finite float64")
    return arrays.get("cohort"), arrays.get("mean")


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
