"""Sub-center ArcFace with inter-top-K penalty, as wespeaker has it.

Zhao et al., "Multi-query multi-head attention pooling and inter-topK penalty for speaker
verification" (ICASSP 2022); Deng et al., "Sub-center ArcFace" (ECCV 2020).

Papers:

- Zhao et al.: https://arxiv.org/abs/2110.05042
- Sub-center ArcFace: https://doi.org/10.1007/978-3-030-58621-8_43
"""

import torch
from pydantic import Field
from torch import Tensor

from speakernet.nn.losses.base import LOSSES
from speakernet.nn.losses.cosine import CenterOptions, add_angle
from speakernet.nn.losses.softmax import ArcMargin

# The margin at which other speakers get the whole penalty.
_WHOLE_MARGIN = 0.2


class InterTopKOptions(CenterOptions):
    """Options of `arc_margin_intertopk`."""

    num_centers: int = Field(default=3, ge=1)
    """Centers of each speaker, the nearest of which counts."""
    num_penalised: int = Field(default=5, ge=0)
    """The nearest other speakers, which are made harder; 0: none, as in large-margin
    fine-tuning."""
    penalty: float = Field(default=0.06, ge=0)
    """The angle by which they are moved nearer, at a margin of 0.2; it grows with the margin."""


@LOSSES.add("arc_margin_intertopk", options=InterTopKOptions)
class InterTopK(ArcMargin):
    """arc_margin on the nearest center; the nearest other speakers have cos(θ - penalty)."""

    config: InterTopKOptions

    def harden(self, cosine: Tensor, target: Tensor, margin: float | Tensor) -> Tensor:
        """Return ``cosine`` (batch, classes) with the margin at columns ``target`` (batch, 1)."""
        others = cosine.detach().scatter(1, target, -torch.inf)
        count = min(self.config.num_penalised, self.num_classes - 1)
        nearest = others.topk(count, dim=1).indices
        angle = -self.config.penalty / _WHOLE_MARGIN * margin
        nearer = add_angle(cosine.gather(1, nearest), angle).to(cosine.dtype)
        return super().harden(cosine, target, margin).scatter(1, nearest, nearer)
