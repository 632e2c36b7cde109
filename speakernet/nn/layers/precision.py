"""Floating-point width."""

import torch
from torch import Tensor


def at_least_float32(x: Tensor) -> Tensor:
    """Return half-precision ``x`` as float32 and anything wider as it is."""
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
