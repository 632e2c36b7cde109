r"""Margin losses of the VoxSRC 2020 system, on the cosine c = cos θ of embedding and class weight.

Cross-entropy of s · c with a harder target logit (m: margin, s: scale):

=================  =========================================================
am                 c - m (CosFace, Wang et al. 2018)
cm, aam            cos(θ + m) - m²/2 (ArcFace, Deng et al. 2019, shifted)
cm_voxsrc2020      cos(θ + m) - m/2
hcm                the same, and the other speakers' logits that exceed it get + ``hard_margin``
qm                 k - (1 - c)², the other speakers' logits c² - k, k = ((1 - m) / 2)²
sc_am, sc_cm       am and cm on the nearest of ``num_centers`` centers a speaker
linear             softmax on the plain inner product, without margin and scale
=================  =========================================================

Rows are l2-normalised with 1e-5 as the least squared length and cosines are clipped to [-1, 1].
θ + m beyond π is not treated specially: the target logit is then on its rising branch.

Papers:

- CosFace: https://arxiv.org/abs/1801.09414
- ArcFace: https://arxiv.org/abs/1801.07698
- Sub-center ArcFace: https://doi.org/10.1007/978-3-030-58621-8_43
"""

import math
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional

from speakernet.nn.losses.base import (
    LOSSES,
    LossOptions,
    LossOutput,
    MarginOptions,
    SpeakerLoss,
    class_kernel,
    classification_accuracy,
    l2_normalize,
)

# Least sin²θ: about the rounding of 1 - c² in float32, where the root's slope is still finite.
_MIN_SQUARED_SINE = 1e-7


class CosineOptions(MarginOptions):
    """Options of losses on scaled cosines."""

    scale: float = Field(default=32.0, gt=0)
    """What cosines are multiplied by: the largest logit."""

    @property
    def cosine_scale(self) -> float:
        """The factor of cosines in the cross-entropy of held-out speakers, too."""
        return self.scale


class LinearOptions(LossOptions):
    """Options of `linear`."""

    initial_weights: Literal["truncated_normal", "orthogonal"] = "truncated_normal"
    """How the classifier starts: a truncated normal of variance 1 / dim, or orthogonal
    (voxsrc2020)."""


class KernelOptions(LinearOptions, CosineOptions):
    """Options of the system's own losses on scaled cosines."""


class CenterOptions(CosineOptions):
    """Options of losses with several centers a speaker."""

    num_centers: int = Field(default=2, ge=1)
    """Centers of each speaker, the nearest of which counts."""


class SubCenterOptions(CenterOptions, KernelOptions):
    """Options of the system's own losses with several centers a speaker."""


class HardMarginOptions(KernelOptions):
    """Options of `hcm`."""

    hard_margin: float = Field(default=0.1, ge=0)
    """What is added to the cosine of other speakers that beat the right one."""


@LOSSES.add("linear", options=LinearOptions)
class LinearSoftmax(SpeakerLoss):
    """Cross-entropy of the inner products of embeddings and class weights."""

    def __init__(self, config: LinearOptions, embedding_dim: int, num_classes: int) -> None:
        super().__init__(config, embedding_dim, num_classes)
        self.weight = class_kernel(config.initial_weights, num_classes, embedding_dim)

    def compute(self, embeddings: Tensor, labels: Tensor, margin: float | Tensor) -> LossOutput:
        """Compute the loss; ``margin`` has no meaning here."""
        logits = embeddings @ self.weight.to(embeddings.dtype).T
        loss = functional.cross_entropy(logits, labels)
        return LossOutput(loss, logits, classification_accuracy(logits, labels))

    def class_weights(self) -> Tensor:
        """Return the classifier (num_classes, dim)."""
        return self.weight.detach()


class CosineSoftmax(SpeakerLoss):
    """Softmax on cosines, whose target logit a subclass makes harder."""

    config: CosineOptions

    def __init__(self, config: CosineOptions, embedding_dim: int, num_classes: int) -> None:
        super().__init__(config, embedding_dim, num_classes)
        self.num_centers = config.num_centers if isinstance(config, CenterOptions) else 1
        start = config.initial_weights if isinstance(config, KernelOptions) else "xavier"
        self.weight = class_kernel(start, num_classes, embedding_dim, self.num_centers)

    def compute(self, embeddings: Tensor, labels: Tensor, margin: float | Tensor) -> LossOutput:
        """Compute the loss of the nearest center of every speaker."""
        cosine = self._cosine(embeddings)
        logits = self.config.scale * self.harden(cosine, labels.unsqueeze(1), margin)
        loss = functional.cross_entropy(logits, labels)
        return LossOutput(loss, logits, classification_accuracy(cosine, labels))

    def class_weights(self) -> Tensor:
        """Return the classifier (num_classes · centers, dim)."""
        return self.weight.detach()

    def _cosine(self, embeddings: Tensor) -> Tensor:
        weight = l2_normalize(self.weight.to(embeddings.dtype))
        cosine = l2_normalize(embeddings) @ weight.T
        if self.num_centers > 1:
            cosine = cosine.unflatten(1, (self.num_classes, self.num_centers)).amax(dim=2)
        return cosine.clamp(-1.0, 1.0)

    def harden(self, cosine: Tensor, target: Tensor, margin: float | Tensor) -> Tensor:
        """Return ``cosine`` (batch, classes) with the margin at columns ``target`` (batch, 1)."""
        right = cosine.gather(1, target)
        return cosine.scatter(1, target, self.harden_target(right, margin).to(cosine.dtype))

    def harden_target(self, cosine: Tensor, margin: float | Tensor) -> Tensor:
        """Return the target logit over s for the target's ``cosine`` (batch, 1)."""
        raise NotImplementedError


@LOSSES.add("am", options=KernelOptions)
class AmSoftmax(CosineSoftmax):
    """c - m."""

    def harden_target(self, cosine: Tensor, margin: float | Tensor) -> Tensor:
        """Return the target logit over s for the target's ``cosine`` (batch, 1)."""
        return cosine - margin


@LOSSES.add("cm", "aam", options=KernelOptions)
class CmSoftmax(CosineSoftmax):
    """cos(θ + m) - m²/2."""

    def harden_target(self, cosine: Tensor, margin: float | Tensor) -> Tensor:
        """Return the target logit over s for the target's ``cosine`` (batch, 1)."""
        return add_angle(cosine, margin) - 0.5 * margin * margin


@LOSSES.add("cm_voxsrc2020", options=KernelOptions)
class CmVoxsrc2020Softmax(CosineSoftmax):
    """cos(θ + m) - m/2."""

    def harden_target(self, cosine: Tensor, margin: float | Tensor) -> Tensor:
        """Return the target logit over s for the target's ``cosine`` (batch, 1)."""
        return add_angle(cosine, margin) - 0.5 * margin


@LOSSES.add("hcm", options=HardMarginOptions)
class HcmSoftmax(CmVoxsrc2020Softmax):
    """cm_voxsrc2020, harder against the speakers that still win."""

    config: HardMarginOptions

    def harden(self, cosine: Tensor, target: Tensor, margin: float | Tensor) -> Tensor:
        """Return ``cosine`` with margins at the target and at the speakers that beat it."""
        right = self.harden_target(cosine.gather(1, target), margin).to(cosine.dtype)
        wins = (cosine > right).to(cosine.dtype)
        return (cosine + self.config.hard_margin * wins).scatter(1, target, right)


@LOSSES.add("qm", options=KernelOptions)
class QmSoftmax(CosineSoftmax):
    """Quadratic in the cosine: both sides are pulled to their ideal, 1 and 0."""

    def harden(self, cosine: Tensor, target: Tensor, margin: float | Tensor) -> Tensor:
        """Return the quadratic logits over s."""
        offset = (0.5 * (1 - margin)) ** 2
        right = offset - (1 - cosine.gather(1, target)).square()
        return (cosine.square() - offset).scatter(1, target, right.to(cosine.dtype))


@LOSSES.add("sc_am", options=SubCenterOptions)
class SubCenterAmSoftmax(AmSoftmax):
    """am on the nearest of several centers (Deng et al., "Sub-center ArcFace", ECCV 2020)."""


@LOSSES.add("sc_cm", options=SubCenterOptions)
class SubCenterCmSoftmax(CmSoftmax):
    """cm on the nearest of several centers."""


def add_angle(cosine: Tensor, margin: float | Tensor) -> Tensor:
    """Return cos(θ + m) for cos θ, with finite gradients at ±1 too."""
    sine = (1 - cosine.square()).clamp_min(_MIN_SQUARED_SINE).sqrt()
    if isinstance(margin, Tensor):
        return cosine * torch.cos(margin) - sine * torch.sin(margin)
    return cosine * math.cos(margin) - sine * math.sin(margin)
