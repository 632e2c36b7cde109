"""Floating-point width."""

from contextlib import AbstractContextManager

import torch
from torch import Tensor


def without_autocast(x: Tensor) -> AbstractContextManager[None]:
    """Return a context in which operations on ``x``'s device keep its type."""
    return torch.autocast("cpu" if x.is_meta else x.device.type, enabled=False)


def at_least_float32(x: Tensor) -> Tensor:
    """Return half-precision ``x`` as float32 and anything wider as it is."""
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
