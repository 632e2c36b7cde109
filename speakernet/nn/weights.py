"""State dicts from outside, compared with those that are expected."""

from collections.abc import Mapping
from typing import Any, TypeGuard

import torch
from torch import Tensor


def is_state(value: object) -> TypeGuard[Mapping[str, Tensor]]:
    """Tell whether ``value`` maps names to tensors that have all the numbers of their shapes."""
    return isinstance(value, Mapping) and all(
        isinstance(name, str) and _is_plain(tensor) for name, tensor in value.items()
    )


def _is_plain(value: Any) -> bool:
    """A sparse tensor, or one that repeats its numbers, may be larger than any memory."""
    return (
        isinstance(value, Tensor)
        and value.layout == torch.strided
        and not value.is_quantized
        and value.numel() * value.element_size() <= value.untyped_storage().nbytes()
    )


def mismatch(found: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> str:
    """Return how the first wrong entry of a state dict differs from ``expected``; else nothing.

    Names, shapes and types must be equal, and numbers finite.
    """
    for name in sorted(found.keys() ^ expected.keys()):
        return f"{'lacks' if name in expected else 'has an unknown'} '{name}'"
    for name, value in found.items():
        if value.shape != expected[name].shape:
            return f"'{name}' is {tuple(value.shape)}; expected {tuple(expected[name].shape)}"
        if value.dtype != expected[name].dtype:
            return f"'{name}' is of {value.dtype}; expected {expected[name].dtype}"
        if value.is_floating_point() and not torch.isfinite(value).all():
            return f"'{name}' has values that are not finite"
    return ""
