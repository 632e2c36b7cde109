"""Weights on disk, written whole or not at all and read without running code from the file.

A checkpoint is a dictionary saved by ``torch.save``; what is read here are its keys ``model``
(state dict), ``recipe`` (the resolved recipe as YAML text) and ``input_dim`` (mel bins).
"""

import logging
import os
import re
import warnings
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import torch

from speakernet.config import UserError, configure, parse_plain
from speakernet.nn.models import MODELS, ModelConfig, SpeakerModel, build_model
from speakernet.nn.tensor_files import load_tensors
from speakernet.nn.weights import mismatch, state_problem
from speakernet.work.files import open_for_replace

FORMAT_VERSION = 1

logger = logging.getLogger(__name__)


def save_model(path: str | Path, checkpoint: Mapping[str, Any]) -> None:
    """Write ``checkpoint`` to ``path``; a crash leaves the old file or the new one."""
    with open_for_replace(Path(path), fsync=True) as stream:
        torch.save(dict(checkpoint), stream)
    _sync_folder(Path(path).parent)


def _sync_folder(path: Path) -> None:
    """Have the renaming outlive a crash of the machine, too."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_checkpoint(path: str | Path) -> dict[str, Any]:
    """Return the dictionary in ``path``, on the CPU; UserError if it is damaged or none of ours.

    Checksums and sizes in the file are compared first, then the types of all fields.
    """
    checkpoint = load_tensors(path)
    if not isinstance(checkpoint, dict) or "model" not in checkpoint:
        raise UserError(f"{path}: is not a checkpoint: expected a dictionary with the key 'model'")
    version = checkpoint.get("format_version", FORMAT_VERSION)
    if type(version) is not int or version != FORMAT_VERSION:
        found = str(version)[:80]
        raise UserError(f"{path}: has format {found}; this version reads {FORMAT_VERSION}")
    for key, problem_of in _FIELDS.items():
        problem = problem_of(checkpoint[key]) if key in checkpoint else ""
        if problem:
            raise UserError(f"{path}: is not a checkpoint: '{key}' {problem}")
    return checkpoint


def _must_be(expected: str, is_right: Callable[[object], bool]) -> Callable[[object], str]:
    """Return a function that says what is wrong with a field, or nothing."""
    return lambda value: (
        "" if is_right(value) else f"is a {type(value).__name__}; expected {expected}"
    )


def _list_of(kind: type) -> Callable[[object], bool]:
    return lambda value: isinstance(value, list) and all(isinstance(item, kind) for item in value)


def _weights_problem(value: object) -> str:
    return state_problem(value) or ("" if value else "has no weights")


_COUNT = _must_be(
    "a whole number, not less than 0", lambda value: type(value) is int and 0 <= value < 1 << 53
)
_TEXT = _must_be("a text", lambda value: isinstance(value, str))
_DICT = _must_be("a dictionary", lambda value: isinstance(value, dict))
_FIELDS: dict[str, Callable[[object], str]] = {
    "model": _weights_problem,
    **dict.fromkeys(("loss", "ema"), state_problem),
    **dict.fromkeys(("input_dim", "num_speakers", "step", "epoch"), _COUNT),
    **dict.fromkeys(("recipe", "data"), _TEXT),
    **dict.fromkeys(("optimizer", "scaler", "sampler", "best"), _DICT),
    "speakers": _must_be("a list of texts", _list_of(str)),
    "rng": _must_be("a list of dictionaries", _list_of(dict)),
}


def find_checkpoints(exp_dir: str | Path) -> list[Path]:
    """Return the checkpoints of ``exp_dir``, the one to use first.

    That is ``final.pt`` if there is one, then the others from the newest to the oldest by the
    numbers in their names (copies of files may have lost their times). Those within an epoch go
    when it ends, so they come before all epochs.
    """
    return sorted(Path(exp_dir, "checkpoints").glob("*.pt"), key=_age, reverse=True)


def first_readable(paths: Iterable[Path]) -> tuple[Path, dict[str, Any]] | None:
    """Return the first of ``paths`` that is whole; a damaged one is skipped with a warning."""
    for path in paths:
        try:
            return path, read_checkpoint(path)
        except UserError as error:
            logger.warning("skipping a checkpoint: %s", error)
    return None


def choose_checkpoint(source: str | Path) -> tuple[Path, dict[str, Any]]:
    """Return the checkpoint ``source``, or the one to use of an experiment's folder.

    Raises UserError if it is damaged, or if the folder has none that is whole.
    """
    if not Path(source).is_dir():
        return Path(source), read_checkpoint(source)
    chosen = first_readable(find_checkpoints(source))
    if chosen is None:
        raise UserError(f"{source}/checkpoints: has no readable checkpoint")
    return chosen


def _age(path: Path) -> tuple[int, int]:
    match = re.fullmatch(r"(epoch|step)-(\d+)", path.stem)
    if match is None:
        return (3 if path.stem == "final" else 0), 0
    return (1 if match[1] == "epoch" else 2), int(match[2])


def load_model(
    exp_dir: str | Path, checkpoint: str | Path | None = None
) -> tuple[SpeakerModel, dict[str, Any]]:
    """Return the network of ``exp_dir``, ready for evaluation, and its whole checkpoint.

    ``checkpoint`` picks a file; otherwise the newest readable one is taken (a damaged one is
    skipped with a warning). The network is in eval mode, at softmax temperature 1.
    Raises UserError if there is none, or if its weights do not fit its recipe.
    """
    path, data = choose_checkpoint(exp_dir if checkpoint is None else checkpoint)
    config, input_dim = _model_config(path, data), data.get("input_dim", 0)
    with torch.device("meta"), warnings.catch_warnings(action="ignore"):
        # Sizes are compared before a network of these takes memory.
        expected = build_model(config, input_dim=input_dim).state_dict()
    problem = mismatch(data["model"], expected)
    if problem:
        raise UserError(f"{path}: weights do not fit the recipe: {problem}")
    model = build_model(config, input_dim=input_dim)
    model.load_state_dict(data["model"])
    model.set_temperature(1.0)
    return model.eval(), data


def _model_config(path: Path, data: Mapping[str, Any]) -> ModelConfig:
    recipe = parse_plain(data.get("recipe", ""), f"{path}: its recipe")
    section = recipe.get("model")
    if not isinstance(section, dict) or not isinstance(section.get("name"), str):
        raise UserError(f"{path}: its recipe has no 'model' with a name")
    # How training computed, not what. Checkpoints of earlier versions have it for every network.
    options = {key: section[key] for key in section.keys() - {"name", "recompute_activations"}}
    try:
        return configure(MODELS, section["name"], **options)
    except UserError as error:
        raise UserError(f"{path}: its recipe has no valid 'model': {error}") from None
