"""AdamW (Loshchilov and Hutter, ICLR 2019, arXiv:1711.05101)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from speakernet.optim.optimizers.adam import AdamOptions
from speakernet.optim.optimizers.base import OPTIMIZERS

if TYPE_CHECKING:
    import torch
    from torch import nn


@OPTIMIZERS.add("adamw")
class AdamW(AdamOptions):
    """Adam whose weight decay (with `weight_decay_mode: optimizer`) bypasses the running means."""

    name: Literal["adamw"] = "adamw"

    def build(self, parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
        """Return the optimizer of ``parameters``."""
        import torch

        return torch.optim.AdamW(parameters, betas=self.betas, **self.common())
