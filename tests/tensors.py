"""Typed access to what torch may leave out, or calls "Tensor | Module"."""

from torch import Tensor, nn


def gradient(tensor: Tensor) -> Tensor:
    """Return the gradient of ``tensor``, which must have one."""
    assert tensor.grad is not None
    return tensor.grad


def running_statistics(norm: nn.BatchNorm1d | nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    """Return the running mean and variance of ``norm``, which must have them."""
    assert norm.running_mean is not None and norm.running_var is not None
    return norm.running_mean, norm.running_var
