"""What a loss is. All are computed in float32 (or the wider type of their input)."""

from typing import NamedTuple

import torch
from pydantic import Field, field_validator
from torch import Tensor, nn

from speakernet.config import Config, Registry, UserError
from speakernet.nn.layers.basic import EPSILON, init_kernel
from speakernet.nn.layers.precision import at_least_float32, without_autocast


class LossConfig(Config):
    """A loss by name. ``margin`` is the full one: schedules lead up to it."""

    name: str
    margin: float = Field(default=0.0, ge=0)
    scale: float = Field(default=32.0, gt=0)
    num_centers: int = Field(default=1, ge=1)
    """Sub-centers a speaker, for losses whose name starts with ``sc_``."""
    hard_margin: float = Field(default=0.1, ge=0)
    """What ``hcm`` adds to the cosine of other speakers that beat the right one."""
    utterances_per_speaker: int = Field(default=2, ge=2)
    """For losses that compare utterances: how many of a speaker stand together in a batch."""
    hard_rank: int = Field(default=10, ge=1)
    """``triplet`` draws a hard negative from this many nearest ones …"""
    hard_probability: float = Field(default=0.5, ge=0, le=1)
    """… with this probability, any other one otherwise."""

    @field_validator("name")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            LOSSES.get(name)
        except UserError as error:
            raise ValueError(str(error)) from None
        return name


class LossOutput(NamedTuple):
    """A batch's mean ``loss``, its ``logits`` (None where there are none) and its ``accuracy``.

    Accuracy, in [0, 1], is that of the decision without margin.
    """

    loss: Tensor
    logits: Tensor | None
    accuracy: Tensor


class SpeakerLoss(nn.Module):
    """Maps embeddings and speaker labels to a loss.

    ``utterances_per_speaker`` is how many utterances of a speaker must follow each other in a batch
    (1: any order will do).
    """

    utterances_per_speaker: int = 1

    def __init__(self, config: LossConfig, embedding_dim: int, num_classes: int) -> None:
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
            return self.compute(wide, labels, self.config.margin if margin is None else margin)

    def compute(self, embeddings: Tensor, labels: Tensor, margin: float | Tensor) -> LossOutput:
        """Compute the loss of float32 or float64 ``embeddings``."""
        raise NotImplementedError

    def class_weights(self) -> Tensor:
        """Return what stands for the speakers, (num_classes · centers, dim), not normalised.

        Centers of a speaker follow each other. Raises UserError for losses without a classifier.
        """
        raise UserError(f"loss '{self.config.name}' has no class weights")


LOSSES = Registry[type[SpeakerLoss]]("loss")


def build_loss(config: LossConfig, *, embedding_dim: int, num_classes: int) -> SpeakerLoss:
    """Return the loss that ``config.name`` stands for; an unknown name raises UserError."""
    return LOSSES.get(config.name)(config, embedding_dim, num_classes)


def loss_names() -> list[str]:
    """Return the names of all losses."""
    return LOSSES.names()


def class_kernel(num_rows: int, embedding_dim: int) -> nn.Parameter:
    """Return a fresh classifier weight (num_rows, embedding_dim)."""
    weight = nn.Parameter(torch.empty(num_rows, embedding_dim))
    init_kernel(weight)
    return weight


def l2_normalize(x: Tensor) -> Tensor:
    """Divide rows by their length; rows shorter than √1e-5 are divided by that instead."""
    # The root of the clamped sum, not the clamped root: the gradient at zero stays finite.
    return x * torch.rsqrt(x.square().sum(dim=-1, keepdim=True).clamp_min(EPSILON))


def classification_accuracy(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the share of rows whose largest logit is the label's."""
    return (logits.detach().argmax(dim=-1) == labels).float().mean()
