"""State dicts of other systems: from their names to ours, and an experiment made of one.

Names, also those of tdy's losses, are translated by tables. Front ends have no weights: left out.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from speakernet.config import UserError, configure
from speakernet.nn.models import MODELS, ModelConfig, build_model
from speakernet.nn.serialize import FORMAT_VERSION, save_model
from speakernet.nn.tensor_files import load_tensors
from speakernet.nn.upstream import speechbrain, tdy, voxceleb_trainer, wespeaker
from speakernet.nn.upstream.family import Family, Network, Rules, State, renamed
from speakernet.nn.weights import mismatch, state_problem
from speakernet.work.files import open_for_replace

FAMILIES: tuple[Family, ...] = (
    *voxceleb_trainer.FAMILIES,
    *wespeaker.FAMILIES,
    *speechbrain.FAMILIES,
    *tdy.FAMILIES,
)
"""The first whose markers are there is taken."""

_NETWORK = "__S__."
_LOSS = "__L__."
_LOSS_NAMES: Rules = (
    (r"^(softmax\.)?fc\.", r"\1dense."),
    (r"^(?:angleproto\.)w$", "prototypical.scaled.slope"),
    (r"^(?:angleproto\.)b$", "prototypical.scaled.offset"),
    (r"^w$", "scaled.slope"),
    (r"^b$", "scaled.offset"),
)
# Keys under which programs keep a state dict, and the files that published folders hold.
_STATE_KEYS = ("model_state_dict", "state_dict", "model")
_FILES = ("avg_model.pt", "embedding_model.ckpt")


class Converted(NamedTuple):
    """A network by its configuration, its weights, and those of the loss (empty if absent).

    ``base`` is the file in conf/ that says how it is used, ``title`` what it was recognised as.
    """

    config: ModelConfig
    model: State
    loss: State
    input_dim: int
    base: str
    title: str


def read_upstream(path: Path) -> Converted:
    """Return ours for a published file or a folder with one. Raises UserError as ``convert``."""
    if path.is_dir():
        found = [path / name for name in _FILES if (path / name).exists()]
        if len(found) != 1:
            raise UserError(f"{path}: expected a file, or a folder with {' or '.join(_FILES)}")
        path = found[0]
    return convert(load_tensors(path), str(path))


def write_experiment(exp_dir: Path, converted: Converted, recipe: str) -> None:
    """Write recipe.yaml, whose text is ``recipe``, and checkpoints/final.pt of an experiment."""
    (exp_dir / "checkpoints").mkdir(parents=True, exist_ok=True)
    with open_for_replace(exp_dir / "recipe.yaml") as file:
        file.write(recipe.encode())
    checkpoint = {
        "format_version": FORMAT_VERSION,
        "recipe": recipe,
        "input_dim": converted.input_dim,
        "model": converted.model,
        "loss": converted.loss,
        "step": 0,
        "epoch": 0,
    }
    save_model(exp_dir / "checkpoints" / "final.pt", checkpoint)


def convert(checkpoint: object, source: str) -> Converted:
    """Return ours for the contents of a published file named ``source``.

    ``checkpoint`` is the state dict or holds it under ``model_state_dict``, ``state_dict`` or
    ``model``. Raises UserError if it is nothing of the kind, or a network that we do not have.
    """
    state = {_bare(name): value for name, value in _find_state(checkpoint, source).items()}
    loss = {n.removeprefix(_LOSS): v for n, v in state.items() if n.startswith(_LOSS)}
    tensors = {n.removeprefix(_NETWORK): v for n, v in state.items() if not n.startswith(_LOSS)}
    family = _family(Network(tensors, source))
    network = Network({n: v for n, v in tensors.items() if not _is_ignored(n, family)}, source)
    found = family.recognise(network)
    config = _configured(found.name, found.options, source)
    ours = {renamed(n, family.rules): v for n, v in network.tensors.items()}
    complete = _complete(config, found.input_dim, ours, source)
    converted = {renamed(n, _LOSS_NAMES): v for n, v in loss.items()}
    return Converted(config, complete, converted, found.input_dim, family.base, family.title)


def _family(network: Network) -> Family:
    for family in FAMILIES:
        if family.fits(network):
            return family
    titles = ", ".join(sorted(family.title for family in FAMILIES))
    raise UserError(f"{network.source}: is none of the networks that can be read: {titles}")


def _is_ignored(name: str, family: Family) -> bool:
    return any(re.fullmatch(pattern, name) for pattern in family.ignored)


def _configured(name: str, options: Mapping[str, object], source: str) -> ModelConfig:
    try:
        return configure(MODELS, name, **options)
    except UserError as error:
        raise UserError(f"{source}: {error}") from None


def _find_state(checkpoint: object, source: str) -> Mapping[str, Tensor]:
    state = checkpoint
    if isinstance(checkpoint, Mapping):
        keys = [key for key in _STATE_KEYS if isinstance(checkpoint.get(key), Mapping)]
        if len(keys) > 1:
            raise UserError(f"{source}: holds several state dicts: {', '.join(keys)}; expected one")
        state = checkpoint[keys[0]] if keys else checkpoint
    if not isinstance(state, Mapping) or not state:
        raise UserError(f"{source}: holds no state dict")
    problem = state_problem(state)
    if problem:
        raise UserError(f"{source}: holds no state dict: it {problem}")
    return state


def _bare(name: str) -> str:
    # DataParallel's prefix may stand before or behind the marker of the network.
    return re.sub(r"^(module\.)?((?:__[SL]__\.)?)(module\.)?", r"\2", name)


def _complete(config: ModelConfig, input_dim: int, state: State, source: str) -> State:
    """Return ``state`` with what upstream's files may lack, checked name by name.

    A dense layer may be a convolution of width 1 there.
    """
    with torch.device("meta"):
        expected = build_model(config, input_dim=input_dim).state_dict()
    for name, wanted in expected.items():
        if name.endswith("num_batches_tracked"):
            state.setdefault(name, torch.tensor(0))
        elif name.endswith(".temperature"):
            state[name] = torch.tensor(1.0)
        elif name in state and state[name].shape == (*wanted.shape, 1):
            state[name] = state[name].squeeze(-1)
    problem = mismatch(state, expected)
    if problem:
        raise UserError(f"{source}: {problem}")
    return state
