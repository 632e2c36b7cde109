"""Losses of the TDY-CNN system that compare the utterances of a batch with one another.

A batch holds N utterances of each of S speakers, one speaker after the other, no speaker twice.
Logits are similarities (rows: utterances, columns: speakers of the batch), the loss their
cross-entropy. Chung et al., "In defence of metric learning for speaker recognition" (Interspeech
2020); GE2E: Wan et al. (ICASSP 2018); prototypical: Snell et al. (NeurIPS 2017).

Papers:

- Chung et al.: https://arxiv.org/abs/2003.11982
- GE2E: https://arxiv.org/abs/1710.10467
- Snell et al.: https://arxiv.org/abs/1703.05175
"""

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from speakernet.config import UserError
from speakernet.nn.losses.base import (
    LOSSES,
    LossOptions,
    LossOutput,
    MarginOptions,
    SpeakerLoss,
    classification_accuracy,
)
from speakernet.nn.losses.softmax import Softmax

_LEAST_SLOPE = 1e-6
# GE2E as published with TDY-CNN takes all obtuse angles for right ones.
_LEAST_COSINE = 1e-6


class MetricOptions(LossOptions):
    """Options of losses that compare the utterances of a batch."""

    utterances_per_speaker: int = Field(default=2, ge=2)
    """How many utterances of a speaker stand together in a batch."""

    @property
    def group_size(self) -> int:
        """How many utterances of a speaker must follow each other in a batch."""
        return self.utterances_per_speaker


class TripletOptions(MetricOptions, MarginOptions):
    """Options of `triplet`."""

    margin: float = Field(default=0.0, ge=0)
    hard_rank: int = Field(default=10, ge=1)
    """A hard negative is drawn from this many nearest ones."""
    hard_probability: float = Field(default=0.5, ge=0, le=1)
    """Chance that a negative is a hard one; otherwise it is drawn from all."""


class MetricLoss(SpeakerLoss):
    """A loss on groups of ``utterances_per_speaker`` rows."""

    config: MetricOptions

    def grouped(self, embeddings: Tensor) -> Tensor:
        """Return ``embeddings`` (batch, dim) as (speakers, utterances, dim)."""
        number = self.config.utterances_per_speaker
        if embeddings.shape[0] % number:
            raise UserError(
                f"loss '{self.config.name}' needs {number} utterances a speaker: "
                f"a batch of {embeddings.shape[0]} cannot be divided"
            )
        return embeddings.unflatten(0, (-1, number))


class ScaledCosine(nn.Module):
    """Cosines times a learned slope (at least 1e-6) plus a learned offset."""

    def __init__(self) -> None:
        super().__init__()
        self.slope = nn.Parameter(torch.tensor(10.0))
        self.offset = nn.Parameter(torch.tensor(-5.0))

    def forward(self, cosine: Tensor) -> Tensor:
        """Return logits of the shape of ``cosine``."""
        return cosine * self.slope.clamp_min(_LEAST_SLOPE) + self.offset


class ScaledCosineLoss(MetricLoss):
    """A loss on groups whose logits are scaled cosines."""

    def __init__(self, config: MetricOptions, embedding_dim: int, num_classes: int) -> None:
        super().__init__(config, embedding_dim, num_classes)
        self.scaled = ScaledCosine()


def batch_softmax(logits: Tensor, num_rows: int) -> LossOutput:
    """Return the cross-entropy of ``logits``: ``num_rows`` rows belong to each column in turn."""
    labels = torch.arange(len(logits), device=logits.device) // num_rows
    loss = functional.cross_entropy(logits, labels)
    return LossOutput(loss, logits, classification_accuracy(logits, labels))


def query_and_prototype(groups: Tensor) -> tuple[Tensor, Tensor]:
    """Return each speaker's first utterance and the mean of the others, both (speakers, dim)."""
    return groups[:, 0], groups[:, 1:].mean(dim=1)


@LOSSES.add("proto", options=MetricOptions)
class Prototypical(MetricLoss):
    """Negative squared distances between first utterances and prototypes."""

    def compute(self, embeddings: Tensor, labels: Tensor, margin: float | Tensor) -> LossOutput:
        """Compute the loss; ``labels`` and ``margin`` have no meaning here."""
        query, prototype = query_and_prototype(self.grouped(embeddings))
        distance = (query.unsqueeze(1) - prototype.unsqueeze(0)).square().sum(dim=2)
        return batch_softmax(-distance, 1)


@LOSSES.add("proto_last_axis", options=MetricOptions)
class PrototypicalOverLastAxis(MetricLoss):
    """What the original's code of ``proto`` computes with today's PyTorch; to repeat such runs.

    It hands (speakers, dim, speakers) to ``pairwise_distance``, which took distances over axis 1,
    the embedding, when the system was published and takes the last axis now: of each value of a
    query, to that of all prototypes. Logits are (speakers, dim); dim must not be less.
    """

    def compute(self, embeddings: Tensor, labels: Tensor, margin: float | Tensor) -> LossOutput:
        """Compute the loss; ``labels`` and ``margin`` have no meaning here."""
        query, prototype = query_and_prototype(self.grouped(embeddings))
        if len(query) > query.shape[1]:
            raise UserError(
                f"loss '{self.config.name}': {len(query)} speakers in a batch; "
                f"expected no more than the {query.shape[1]} dimensions of an embedding"
            )
        logits = -(query.unsqueeze(2) - prototype.T.unsqueeze(0)).square().sum(dim=2)
        return batch_softmax(logits, 1)


@LOSSES.add("angleproto", options=MetricOptions)
class AngularPrototypical(ScaledCosineLoss):
    """Scaled cosines between first utterances and prototypes."""

    def compute(self, embeddings: Tensor, labels: Tensor, margin: float | Tensor) -> LossOutput:
        """Compute the loss; ``labels`` and ``margin`` have no meaning here."""
        query, prototype = query_and_prototype(self.grouped(embeddings))
        cosine = functional.normalize(query, dim=1) @ functional.normalize(prototype, dim=1).T
        return batch_softmax(self.scaled(cosine), 1)


@LOSSES.add("ge2e", options=MetricOptions)
class Ge2e(ScaledCosineLoss):
    """Every utterance against the mean of every speaker, its own speaker's without itself."""

    def compute(self, embeddings: Tensor, labels: Tensor, margin: float | Tensor) -> LossOutput:
        """Compute the loss; ``labels`` and ``margin`` have no meaning here."""
        groups = self.grouped(embeddings)
        speakers, number, _ = groups.shape
        total = groups.sum(dim=1, keepdim=True)
        rows = functional.normalize(groups, dim=2).flatten(0, 1)
        cosine = rows @ functional.normalize(total.squeeze(1), dim=1).T
        # The direction of a mean is that of the sum.
        others = functional.normalize(total - groups, dim=2).flatten(0, 1)
        own = torch.arange(speakers, device=rows.device).repeat_interleave(number).unsqueeze(1)
        cosine = cosine.scatter(1, own, (rows * others).sum(dim=1, keepdim=True))
        return batch_softmax(self.scaled(cosine.clamp_min(_LEAST_COSINE)), number)


@LOSSES.add("softmaxproto", options=MetricOptions)
class SoftmaxPrototypical(MetricLoss):
    """Sum of softmax over all speakers and the angular prototypical loss."""

    def __init__(self, config: MetricOptions, embedding_dim: int, num_classes: int) -> None:
        super().__init__(config, embedding_dim, num_classes)
        self.softmax = Softmax(config, embedding_dim, num_classes)
        self.prototypical = AngularPrototypical(config, embedding_dim, num_classes)

    def compute(self, embeddings: Tensor, labels: Tensor, margin: float | Tensor) -> LossOutput:
        """Compute the loss; logits and accuracy are those of the softmax."""
        softmax = self.softmax.compute(embeddings, labels, margin)
        prototypical = self.prototypical.compute(embeddings, labels, margin)
        return softmax._replace(loss=softmax.loss + prototypical.loss)

    def class_weights(self) -> Tensor:
        """Return the softmax's classifier (num_classes, dim)."""
        return self.softmax.class_weights()


@LOSSES.add("triplet", options=TripletOptions)
class Triplet(MetricLoss):
    """max(0, d²(a, p) - d²(a, n) + margin) on unit vectors: first, second, another's second.

    The negative is one of the ``hard_rank`` nearest with ``hard_probability``, else any other.
    """

    config: TripletOptions

    def compute(self, embeddings: Tensor, labels: Tensor, margin: float | Tensor) -> LossOutput:
        """Compute the loss; accuracy is the share of anchors nearest to their own positive."""
        groups = functional.normalize(self.grouped(embeddings), dim=2)
        anchor, positive = groups[:, 0], groups[:, 1]
        similarity = (anchor @ positive.T).detach()
        negative = positive[self._mine(similarity)]
        near = (anchor - positive).square().sum(dim=1)
        far = (anchor - negative).square().sum(dim=1)
        labels = torch.arange(len(anchor), device=anchor.device)
        loss = functional.relu(near - far + margin).mean()
        return LossOutput(loss, None, classification_accuracy(similarity, labels))

    def _mine(self, similarity: Tensor) -> Tensor:
        """Return the row of each anchor's negative, drawn from the default generator."""
        speakers = similarity.shape[0]
        order = similarity.fill_diagonal_(-torch.inf).argsort(dim=1, descending=True)
        hard = torch.rand(speakers, device=order.device) < self.config.hard_probability
        nearest = min(self.config.hard_rank, speakers - 1)
        limit = torch.where(hard, nearest, speakers - 1)
        rank = (torch.rand(speakers, device=order.device) * limit).long()
        return order.gather(1, rank.unsqueeze(1)).squeeze(1)
