"""State dicts of the TDY-CNN system and voxceleb_trainer: from their names to ours.

Names, also those of the loss, are translated by a table. Front ends have no weights: left out.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from speakernet.config import UserError, configure
from speakernet.nn.layers.log_mel import NUM_MEL_BINS
from speakernet.nn.models import MODELS, ModelConfig, build_model
from speakernet.nn.serialize import FORMAT_VERSION, save_model
from speakernet.nn.tensor_files import load_tensors
from speakernet.nn.weights import is_state, mismatch
from speakernet.work.files import open_for_replace

_NETWORK = "__S__."
_LOSS = "__L__."

_IGNORED = re.compile(r"(torchfb|instancenorm|compute_features)\b.*|.*\.temperature")

# (theirs, ours); within a name each rule is applied once, in this order.
_COMMON = (
    (r"\.attention\.fc1\.", ".attention.reduce."),
    (r"\.attention\.bn\.", ".attention.norm."),
    (r"\.attention\.fc2\.", ".attention.expand."),
    (r"^fc\.", "dense."),
    (r"^sap_linear\.", "pooling.hidden."),
    (r"^attention$", "pooling.context"),
)
_RESNET = (
    (r"^conv1\.", "conv."),
    (r"^bn1\.", "norm."),
    (r"\.bn([12])\.", r".norm\1."),
    (r"\.downsample\.", ".shortcut."),
)
_VGG = ((r"^(layer\d+)\.0\.", r"\1.conv."), (r"^(layer\d+)\.1\.", r"\1.norm."))
_LOSS_NAMES = (
    (r"^(softmax\.)?fc\.", r"\1dense."),
    (r"^(?:angleproto\.)w$", "prototypical.scaled.slope"),
    (r"^(?:angleproto\.)b$", "prototypical.scaled.offset"),
    (r"^w$", "scaled.slope"),
    (r"^b$", "scaled.offset"),
)

_WIDTHS = {32: "half", 16: "quarter", 8: "eighth", 4: "sixteenth"}
_DEPTHS = {3: 34, 2: 18, 1: 10}
State = dict[str, Tensor]


class Converted(NamedTuple):
    """A network by its configuration, its weights, and those of the loss (empty if absent)."""

    config: ModelConfig
    model: State
    loss: State


def read_upstream(path: Path) -> Converted:
    """Return ours for an upstream ``.model`` file. Raises UserError as ``convert`` does."""
    return convert(load_tensors(path), str(path))


def write_experiment(exp_dir: Path, converted: Converted, recipe: str) -> None:
    """Write recipe.yaml, whose text is ``recipe``, and checkpoints/final.pt of an experiment."""
    (exp_dir / "checkpoints").mkdir(parents=True, exist_ok=True)
    with open_for_replace(exp_dir / "recipe.yaml") as file:
        file.write(recipe.encode())
    checkpoint = {
        "format_version": FORMAT_VERSION,
        "recipe": recipe,
        "input_dim": NUM_MEL_BINS,
        "model": converted.model,
        "loss": converted.loss,
        "step": 0,
        "epoch": 0,
    }
    save_model(exp_dir / "checkpoints" / "final.pt", checkpoint)


def convert(checkpoint: object, source: str) -> Converted:
    """Return ours for the contents of an upstream ``.model`` file named ``source``.

    ``checkpoint`` is the state dict or holds it under ``model_state_dict`` or ``model``. Raises
    UserError if it is nothing of the kind, or a network that we do not have.
    """
    state = {_bare(name): value for name, value in _find_state(checkpoint, source).items()}
    loss = {n.removeprefix(_LOSS): v for n, v in state.items() if n.startswith(_LOSS)}
    network = {n.removeprefix(_NETWORK): v for n, v in state.items() if not n.startswith(_LOSS)}
    network = {n: v for n, v in network.items() if not _IGNORED.fullmatch(n)}
    config = recognise(network, source)
    is_vgg = config.name.endswith("vgg_m")
    rules = (*_COMMON, *(_VGG if is_vgg else _RESNET))
    ours = {_rename_stage(_rename(n, rules), is_vgg): v for n, v in network.items()}
    converted = {_rename(n, _LOSS_NAMES): v for n, v in loss.items()}
    return Converted(config, _complete(config, ours, source), converted)


def recognise(network: Mapping[str, Tensor], source: str) -> ModelConfig:
    """Return the configuration of the network with upstream's state dict ``network``."""
    dynamic = "tdy_" if any(v.ndim == 5 for v in network.values()) else ""
    if "layer6.0.weight" in network:
        name = f"{dynamic}vgg_m"
    else:
        name = f"{dynamic}{_recognise_resnet(network, source)}"
    pooling, embedding = "average", network.get("fc.weight")
    if embedding is None or embedding.ndim != 2:
        raise UserError(f"{source}: has no layer 'fc': not a network of the TDY-CNN system")
    if "attention" in network:
        twice = embedding.shape[1] == 2 * len(network["attention"].flatten())
        pooling = "asp" if twice else "sap"
    return configure(MODELS, name, embedding_dim=embedding.shape[0], pooling=pooling)


def _recognise_resnet(network: Mapping[str, Tensor], source: str) -> str:
    stem = network.get("conv1.weight")
    last = [int(n.split(".")[1]) for n in network if re.match(r"layer1\.\d+\.", n)]
    if stem is None or not stem.ndim or not last:
        raise UserError(f"{source}: neither a ResNet nor a VGG-M of the TDY-CNN system")
    width, depth = _WIDTHS.get(stem.shape[0]), _DEPTHS.get(max(last) + 1)
    if width is None or depth is None:
        raise UserError(f"{source}: a ResNet of {stem.shape[0]} channels that we do not have")
    return f"resnet{depth}_{width}"


def _find_state(checkpoint: object, source: str) -> Mapping[str, Tensor]:
    state = checkpoint
    for key in ("model_state_dict", "model"):
        if isinstance(state, Mapping) and isinstance(state.get(key), Mapping):
            state = state[key]
            break
    if not isinstance(state, Mapping) or not state:
        raise UserError(f"{source}: holds no state dict")
    if not is_state(state):
        raise UserError(f"{source}: holds no state dict: not all of its values are tensors")
    return state


def _bare(name: str) -> str:
    # DataParallel's prefix may stand before or behind the marker of the network.
    return re.sub(r"^(module\.)?((?:__[SL]__\.)?)(module\.)?", r"\2", name)


def _rename(name: str, rules: tuple[tuple[str, str], ...]) -> str:
    for theirs, ours in rules:
        name = re.sub(theirs, ours, name, count=1)
    return name


def _rename_stage(name: str, is_vgg: bool) -> str:
    list_name = "layers" if is_vgg else "stages"
    return re.sub(r"^layer(\d+)", lambda m: f"{list_name}.{int(m[1]) - 1}", name)


def _complete(config: ModelConfig, state: State, source: str) -> State:
    """Return ``state`` with what upstream's files may lack, checked name by name."""
    with torch.device("meta"):
        expected = build_model(config, input_dim=0).state_dict()
    for name in expected:
        if name.endswith("num_batches_tracked"):
            state.setdefault(name, torch.tensor(0))
        elif name.endswith(".temperature"):
            state[name] = torch.tensor(1.0)
    problem = mismatch(state, expected)
    if problem:
        raise UserError(f"{source}: {problem}")
    return state
