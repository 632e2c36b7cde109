"""Adam (Kingma and Ba, ICLR 2015, arXiv:1412.6980), as tdy's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from speakernet.optim.optimizers.base import OPTIMIZERS, OptimizerOptions

if TYPE_CHECKING:
    import torch
    from torch import nn

Beta = Annotated[float, Field(ge=0, lt=1)]


class AdamOptions(OptimizerOptions):
    """What Adam and AdamW have in common."""

    learning_rate: float = Field(default=1e-3, gt=0)
    betas: tuple[Beta, Beta] = (0.9, 0.999)
    """How much of the running means of the gradient and of its square each update keeps."""


@OPTIMIZERS.add("adam")
class Adam(AdamOptions):
    """Steps scaled by running means of the gradient and of its square."""

    name: Literal["adam"] = "adam"

    def build(self, parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
        """Return the optimizer of ``parameters``."""
        import torch

        return torch.optim.Adam(parameters, betas=self.betas, **self.common())
