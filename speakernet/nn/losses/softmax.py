"""Classification losses of the TDY-CNN system, and ArcFace of wespeaker and 3D-Speaker.

``softmax`` is a dense layer with bias. ``amsoftmax`` (CosFace, Wang et al. 2018) lowers the target
cosine by the margin; ``aamsoftmax`` (ArcFace, Deng et al. 2019) adds the margin to its angle, and
where θ + m > π lowers the cosine by m · sin m instead, so that it keeps falling. ``arc_margin``, of
wespeaker and 3D-Speaker, lowers it by 1 - cos m there, which leaves no jump.

Papers:

- CosFace: https://arxiv.org/abs/1801.09414
- ArcFace: https://arxiv.org/abs/1801.07698
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from speakernet.nn.losses.base import (
    LOSSES,
    LossOptions,
    LossOutput,
    SpeakerLoss,
    classification_accuracy,
)
from speakernet.nn.losses.cosine import AmSoftmax, CosineOptions, add_angle


@LOSSES.add("softmax", options=LossOptions)
class Softmax(SpeakerLoss):
    """Cross-entropy of a dense layer with bias."""

    def __init__(self, config: LossOptions, embedding_dim: int, num_classes: int) -> None:
        super().__init__(config, embedding_dim, num_classes)
        self.dense = nn.Linear(embedding_dim, num_classes)

    def compute(self, embeddings: Tensor, labels: Tensor, margin: float | Tensor) -> LossOutput:
        """Compute the loss; ``margin`` has no meaning here."""
        logits: Tensor = self.dense(embeddings)
        loss = functional.cross_entropy(logits, labels)
        return LossOutput(loss, logits, classification_accuracy(logits, labels))

    def class_weights(self) -> Tensor:
        """Return the dense layer's weight (num_classes, dim)."""
        return self.dense.weight.detach()


@LOSSES.add("amsoftmax", options=CosineOptions)
class XavierAmSoftmax(AmSoftmax):
    """c - m; the classifier starts from a normal distribution by Glorot and Bengio (2010)."""


@LOSSES.add("aamsoftmax", options=CosineOptions)
class AamSoftmax(XavierAmSoftmax):
    """cos(θ + m) where that falls with θ, c - m · sin m beyond."""

    def harden_target(self, cosine: Tensor, margin: float | Tensor) -> Tensor:
        """Return the target logit over s for the target's ``cosine`` (batch, 1)."""
        angle = torch.as_tensor(margin, dtype=cosine.dtype, device=cosine.device)
        beyond = cosine - self.penalty(angle)
        return torch.where(cosine > torch.cos(math.pi - angle), add_angle(cosine, angle), beyond)

    def penalty(self, angle: Tensor) -> Tensor:
        """Return what is taken off where θ + ``angle`` > π."""
        return angle * torch.sin(math.pi - angle)


@LOSSES.add("arc_margin", options=CosineOptions)
class ArcMargin(AamSoftmax):
    """cos(θ + m) where that falls with θ, c - (1 - cos m) beyond."""

    def __init__(self, config: CosineOptions, embedding_dim: int, num_classes: int) -> None:
        super().__init__(config, embedding_dim, num_classes)
        nn.init.xavier_uniform_(self.weight)

    def penalty(self, angle: Tensor) -> Tensor:
        """Return what is taken off where θ + ``angle`` > π."""
        return 1 - torch.cos(angle)
