"""State dicts from outside, compared with those that are expected."""

from collections.abc import Mapping
from typing import Any, TypeGuard

import torch
from torch import Tensor


def is_state(value: object) -> TypeGuard[Mapping[str, Tensor]]:
    """Tell whether ``value`` maps names to tensors that have all the numbers of their shapes."""
    return not state_problem(value)


def state_problem(value: object) -> str:
    """Return why ``value`` is no state dict, as ``is_state`` has it; else nothing."""
    if not isinstance(value, Mapping):
        return f"is a {type(value).__name__}"
    for name, tensor in value.items():
        if not isinstance(name, str):
            return f"has the name {str(name)[:80]!r}"
        problem = _tensor_problem(tensor)
        if problem:
            return f"has {name!r}, {problem}"
    return ""


def _tensor_problem(value: Any) -> str:
    """A sparse tensor, or one that repeats its numbers, may be larger than any memory."""
    if not isinstance(value, Tensor):
        return f"a {type(value).__name__}"
    if value.layout != torch.strided or value.is_quantized:
        return "a sparse or quantized tensor"
    if value.is_meta:
        return "a tensor without numbers"
    num_bytes = value.untyped_storage().nbytes()
    if value.numel() * value.element_size() > num_bytes:
        return f"a tensor of shape {tuple(value.shape)} made of {num_bytes} bytes"
    return ""


def mismatch(found: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> str:
    """Return how the first wrong entry of a state dict differs from ``expected``; else nothing.

    Names, shapes and types must be equal, and numbers finite.
    """
    for name in sorted(found.keys() ^ expected.keys()):
        return f"{'lacks' if name in expected else 'has an unknown'} {name!r}"
    for name, value in found.items():
        if value.shape != expected[name].shape:
            return f"{name!r} is {tuple(value.shape)}; expected {tuple(expected[name].shape)}"
        if value.dtype != expected[name].dtype:
            return f"{name!r} is of {value.dtype}; expected {expected[name].dtype}"
        if value.is_floating_point() and not torch.isfinite(value).all():
            return f"{name!r} has values that are not finite"
    return ""
