"""Base class of losses and of their options; all compute in float32 (or the input's wider type)."""

from typing import Literal, NamedTuple

import torch
from pydantic import Field
from torch import Tensor, nn

from speakernet.config import Choices, Config, UserError
from speakernet.nn.layers.basic import EPSILON, init_kernel
from speakernet.nn.layers.precision import at_least_float32, without_autocast

InitialWeights = Literal["truncated_normal", "orthogonal", "xavier"]


class LossOptions(Config):
    """What every loss has: a name."""

    name: str

    @property
    def full_margin(self) -> float:
        """The margin that schedules lead up to; 0 for losses without one."""
        return 0.0

    @property
    def cosine_scale(self) -> float:
        """The factor of cosines in the cross-entropy of held-out speakers."""
        return 32.0

    @property
    def group_size(self) -> int:
        """How many utterances of a speaker must follow each other in a batch (1: any order)."""
        return 1

    @property
    def has_class_weights(self) -> bool:
        """Whether the loss learns vectors that stand for the speakers."""
        return LOSSES.get(self.name).class_weights is not SpeakerLoss.class_weights


class MarginOptions(LossOptions):
    """Options of losses with a margin."""

    margin: float = Field(default=0.2, ge=0)
    """The full margin, to which `schedule.margin` leads up."""

    @property
    def full_margin(self) -> float:
        """The margin that schedules lead up to."""
        return self.margin


class LossOutput(NamedTuple):
    """A batch's mean ``loss``, its ``logits`` (None where there are none) and its ``accuracy``.

    Accuracy, in [0, 1], is that of the decision without margin.
    """

    loss: Tensor
    logits: Tensor | None
    accuracy: Tensor


class SpeakerLoss(nn.Module):
    """Maps embeddings and speaker labels to a loss."""

    def __init__(self, config: LossOptions, embedding_dim: int, num_classes: int) -> None:
        super().__init__()
        self.config = config
        self.embedding_dim = embedding_dim
        self.num_classes = num_classes

    def forward(
        self, embeddings: Tensor, labels: Tensor, margin: float | Tensor | None = None
    ) -> LossOutput:
        """Return the loss of ``embeddings`` (batch, dim) of the speakers ``labels`` (batch,).

        ``margin`` replaces the configured one.
        """
        wide = at_least_float32(embeddings)
        with without_autocast(embeddings):
            return self.compute(wide, labels, self.config.full_margin if margin is None else margin)

    def compute(self, embeddings: Tensor, labels: Tensor, margin: float | Tensor) -> LossOutput:
        """Compute the loss of float32 or float64 ``embeddings``."""
        raise NotImplementedError

    def class_weights(self) -> Tensor:
        """Return what stands for the speakers, (num_classes · centers, dim), not normalised.

        Centers of a speaker follow each other. Raises UserError for losses without a classifier.
        """
        raise UserError(f"loss '{self.config.name}' has no class weights")


LOSSES = Choices[LossOptions, type[SpeakerLoss]]("loss")


def build_loss(config: LossOptions, *, embedding_dim: int, num_classes: int) -> SpeakerLoss:
    """Return the loss that ``config.name`` stands for; an unknown name raises UserError."""
    return LOSSES.get(config.name)(config, embedding_dim, num_classes)


def class_kernel(
    start: InitialWeights, num_classes: int, embedding_dim: int, num_centers: int = 1
) -> nn.Parameter:
    """Return a fresh classifier weight (num_classes · num_centers, embedding_dim).

    Centers of a class follow each other. ``orthogonal`` is TensorFlow's orthogonal initializer
    (Saxe et al. 2014, https://arxiv.org/abs/1312.6120) of a kernel (centers · dim, classes): with
    more classes than rows its rows are orthonormal, and class vectors are √(dim / classes) long.
    """
    weight = torch.empty(num_classes * num_centers, embedding_dim)
    if start == "truncated_normal":
        init_kernel(weight)
    elif start == "xavier":
        nn.init.xavier_normal_(weight)
    elif not weight.is_meta:
        kernel = nn.init.orthogonal_(torch.empty(num_centers * embedding_dim, num_classes))
        kernel = kernel.view(num_centers, embedding_dim, num_classes)
        weight = kernel.permute(2, 0, 1).reshape(weight.shape)
    return nn.Parameter(weight)


def l2_normalize(x: Tensor) -> Tensor:
    """Divide rows by their length; rows shorter than √1e-5 are divided by that instead."""
    # The root of the clamped sum, not the clamped root: the gradient at zero stays finite.
    return x * torch.rsqrt(x.square().sum(dim=-1, keepdim=True).clamp_min(EPSILON))


def classification_accuracy(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the share of rows whose largest logit is the label's."""
    return (logits.detach().argmax(dim=-1) == labels).float().mean()
