"""Base class of an optimizer's options, from which the optimizer is built.

torch is imported when one is built: reading the options needs none of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from speakernet.config import Choices, Config

if TYPE_CHECKING:
    import torch
    from torch import nn


class OptimizerOptions(Config):
    """How gradients become updates. Defaults: voxsrc2020."""

    name: str
    learning_rate: float = Field(gt=0)
    """For `reference_batch` utterances an update; it grows linearly with the global batch."""
    reference_batch: int | None = Field(default=128, ge=1)
    """Utterances an update for which the learning rate is given; null: for any number (tdy)."""
    weight_decay: float = Field(default=1e-3, ge=0)
    """Strength of the L2 term."""
    weight_decay_mode: Literal["l2_before_clip", "optimizer"] = "l2_before_clip"
    """`l2_before_clip` adds `weight_decay * w` to the gradient of every kernel before the global
    norm is clipped (voxsrc2020: a regulariser in the loss); `optimizer` hands it to the optimizer,
    for all parameters (tdy)."""
    clip_norm: float | None = Field(default=1.0, gt=0)
    """Largest global norm of the gradients; null: no clipping."""

    def build(self, parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
        """Return the optimizer of ``parameters``."""
        raise NotImplementedError

    def common(self) -> dict[str, Any]:
        """Return the arguments that all of PyTorch's optimizers have."""
        decay = self.weight_decay if self.weight_decay_mode == "optimizer" else 0.0
        return {"lr": self.learning_rate, "weight_decay": decay, "fused": True}


OPTIMIZERS = Choices[OptimizerOptions, type[OptimizerOptions]]("optimizer")


def build_optimizer(
    options: OptimizerOptions, parameters: Iterable[nn.Parameter]
) -> torch.optim.Optimizer:
    """Return the optimizer of those ``parameters`` that want gradients."""
    return options.build([parameter for parameter in parameters if parameter.requires_grad])
