"""State dicts in the naming of other systems."""

import json
import lzma
import re
from functools import cache
from pathlib import Path
from typing import Any

import torch

from speakernet.config import configure
from speakernet.nn.models import MODELS, build_model
from tests.golden_weights import filled

TDY_NAME = "tdy_resnet10_sixteenth"
_SPEC = Path(__file__).parent / "golden" / "models" / "published_spec.json.xz"
_TDY = {
    ".attention.reduce.": ".attention.fc1.",
    ".attention.norm.": ".attention.bn.",
    ".attention.expand.": ".attention.fc2.",
    ".norm1.": ".bn1.",
    ".norm2.": ".bn2.",
    ".shortcut.": ".downsample.",
}
_WESPEAKER = {
    r"^conv\.": "conv1.",
    r"^norm\.": "bn1.",
    r"\.body\.0\.": ".conv1.",
    r"\.body\.1\.": ".bn1.",
    r"\.body\.3\.": ".conv2.",
    r"\.body\.4\.": ".bn2.",
    r"^dense\.": "seg_1.",
}


@cache
def specs() -> dict[str, dict[str, Any]]:
    """Return names and shapes of the golden networks (tests/golden/models/README.md)."""
    with lzma.open(_SPEC) as file:
        loaded: dict[str, dict[str, Any]] = json.load(file)
    return loaded


def golden_state(name: str) -> dict[str, torch.Tensor]:
    """Return the weights that the golden output ``name`` was made with."""
    spec = specs()[name]
    return filled(spec["state"], spec["gain"])


def wespeaker_state() -> dict[str, torch.Tensor]:
    """Return random weights of a small ResNet in the naming of wespeaker."""
    torch.manual_seed(0)
    config = configure(MODELS, "resnet10_c4", embedding_dim=8)
    state = build_model(config, input_dim=80).state_dict()
    return {_wespeaker_name(n): v for n, v in state.items()}


def _wespeaker_name(name: str) -> str:
    for ours, theirs in _WESPEAKER.items():
        name = re.sub(ours, theirs, name)
    return re.sub(r"^stages\.(\d)", lambda match: f"layer{int(match[1]) + 1}", name)


def tdy_state() -> dict[str, torch.Tensor]:
    """Return random weights of ``TDY_NAME`` in the naming of TDY-CNN."""
    torch.manual_seed(0)
    state = build_model(configure(MODELS, TDY_NAME), input_dim=64).state_dict()
    kept = {n: v for n, v in state.items() if not n.endswith("temperature")}
    return {_tdy_name(n): v for n, v in kept.items()}


def _tdy_name(name: str) -> str:
    for ours, theirs in _TDY.items():
        name = name.replace(ours, theirs)
    first, _, rest = name.partition(".")
    if first == "stages":
        number, _, rest = rest.partition(".")
        return f"layer{int(number) + 1}.{rest}"
    return f"{ {'conv': 'conv1', 'norm': 'bn1', 'dense': 'fc'}[first] }.{rest}"
