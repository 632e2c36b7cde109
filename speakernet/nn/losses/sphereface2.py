"""SphereFace2: for each speaker the question whether an utterance is theirs, as wespeaker has it.

Wen et al., "SphereFace2: binary classification is all you need for deep face recognition" (ICLR
2022); Han et al., "Exploring binary classification loss for speaker verification" (ICASSP 2023).

With g(z) = 2 ((z + 1) / 2)^t - 1, s the scale, b a bias that is learnt:

    λ log(1 + exp(-s (g(c) - m) - b)) + (1 - λ) Σ log(1 + exp(s (g(c') + m) + b))

for the cosine c of the right speaker, and c' of all others.

Papers:

- Wen et al.: https://arxiv.org/abs/2108.01513
- Han et al.: https://arxiv.org/abs/2307.08205
"""

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from speakernet.nn.losses.base import LOSSES, LossOutput, classification_accuracy
from speakernet.nn.losses.cosine import CosineOptions, CosineSoftmax


class SphereFace2Options(CosineOptions):
    """Options of `sphereface2`."""

    balance: float = Field(default=0.7, ge=0, le=1)
    """Weight λ of the right speaker; the others have 1 - λ."""
    exponent: float = Field(default=3.0, ge=1)
    """t, which spreads large cosines."""


@LOSSES.add("sphereface2", options=SphereFace2Options)
class SphereFace2(CosineSoftmax):
    """Binary cross-entropies, whose sum over all speakers is the loss of an utterance."""

    config: SphereFace2Options

    def __init__(self, config: SphereFace2Options, embedding_dim: int, num_classes: int) -> None:
        super().__init__(config, embedding_dim, num_classes)
        nn.init.xavier_uniform_(self.weight)
        self.bias = nn.Parameter(torch.zeros(1, 1))

    def compute(self, embeddings: Tensor, labels: Tensor, margin: float | Tensor) -> LossOutput:
        """Compute the loss of ``embeddings`` (batch, dim) of the speakers ``labels`` (batch,)."""
        config, cosine = self.config, self._cosine(embeddings)
        is_target = functional.one_hot(labels, self.num_classes).bool()
        spread = 2 * ((cosine + 1) / 2) ** config.exponent - 1
        margins = torch.where(is_target, -margin, margin).to(cosine.dtype)
        logits = config.scale * (spread + margins) + self.bias.to(cosine.dtype)
        right = config.balance * functional.softplus(-logits)
        others = (1 - config.balance) * functional.softplus(logits)
        loss = torch.where(is_target, right, others).sum(dim=1).mean()
        return LossOutput(loss, logits, classification_accuracy(cosine, labels))
