"""Stochastic gradient descent with momentum, as voxsrc2020's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, model_validator

from speakernet.config import setting_error
from speakernet.optim.optimizers.base import OPTIMIZERS, OptimizerOptions

if TYPE_CHECKING:
    import torch
    from torch import nn


@OPTIMIZERS.add("sgd")
class Sgd(OptimizerOptions):
    """v ← momentum · v + gradient, w ← w - rate · v."""

    name: Literal["sgd"] = "sgd"
    learning_rate: float = Field(default=0.08, gt=0)
    momentum: float = Field(default=0.9, ge=0, lt=1)
    """Share of the last update's direction that is kept."""
    nesterov: bool = False
    """Nesterov's form of momentum."""

    @model_validator(mode="after")
    def _nesterov_has_momentum(self) -> Self:
        if self.nesterov and not self.momentum:
            raise setting_error("nesterov", "is a form of momentum, which is 0; expected false")
        return self

    def build(self, parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
        """Return the optimizer of ``parameters``."""
        from torch.optim import SGD

        return SGD(parameters, momentum=self.momentum, nesterov=self.nesterov, **self.common())
