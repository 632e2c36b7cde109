"""Weights that golden values were made with, by the rule of tests/golden/models/README.md."""

import zlib
from collections.abc import Iterable

import numpy as np
import torch


def fill(name: str, shape: list[int], gain: float = 2.0) -> torch.Tensor:
    """Return the values of tensor ``name`` of the PyTorch systems; ``gain`` 1 keeps them small."""
    random = np.random.RandomState(zlib.crc32(name.encode()) & 0x7FFFFFFF)
    if name.endswith("running_mean"):
        value = 0.1 * random.randn(*shape)
    elif name.endswith("running_var"):
        value = random.uniform(0.5, 1.5, shape)
    elif len(shape) == 1 and name.endswith("weight"):
        value = random.uniform(0.5, 1.5, shape) * (gain / 2)
    elif len(shape) == 1:
        value = 0.1 * random.randn(*shape)
    else:
        fan_in = np.prod(shape[2:] if len(shape) == 5 else shape[1:])
        value = random.randn(*shape) * np.sqrt(gain / fan_in)
    return torch.from_numpy(value.astype(np.float32))


def filled(state: Iterable[tuple[str, list[int]]], gain: float = 2.0) -> dict[str, torch.Tensor]:
    """Return the tensors of ``state``, names and shapes."""
    return {name: fill(name, shape, gain) for name, shape in state}
