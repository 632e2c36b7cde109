"""Poolings of the TDY-CNN system: over time, on vectors of all channels and mel positions.

``average``; ``sap`` self-attentive pooling (Cai et al., Odyssey 2018); ``asp`` attentive statistics
pooling (Okabe et al., Interspeech 2018) with one weight a time bin.

Papers:

- Cai et al.: https://arxiv.org/abs/1804.05160
- Okabe et al.: https://arxiv.org/abs/1803.10963
"""

import torch
from torch import Tensor, nn

from speakernet.nn.layers.basic import EPSILON
from speakernet.nn.layers.precision import at_least_float32
from speakernet.nn.pooling.base import POOLINGS, Pooling, PoolingOptions


@POOLINGS.add("average", options=PoolingOptions)
class AveragePooling(Pooling):
    """Mean over time."""

    def forward(self, x: Tensor) -> Tensor:
        """Pool ``x`` (batch, channel, time, mel) to (batch, channel · mel), channels first."""
        return at_least_float32(x).mean(dim=2).flatten(1)


@POOLINGS.add("sap", options=PoolingOptions)
class SelfAttentivePooling(AveragePooling):
    """Weighted mean over time."""

    def __init__(self, config: PoolingOptions, channels: int, num_bins: int) -> None:
        super().__init__(config, channels, num_bins)
        features = channels * num_bins
        self.hidden = nn.Linear(features, features)
        self.context = nn.Parameter(torch.empty(features, 1))
        nn.init.xavier_normal_(self.context)

    def forward(self, x: Tensor) -> Tensor:
        """Pool ``x`` (batch, channel, time, mel) to (batch, channel · mel), channels first."""
        frames, weights = self.weigh(x)
        return (frames * weights).sum(dim=1)

    def weigh(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return frames (batch, time, channel · mel) and their weights (batch, time, 1)."""
        frames = x.transpose(1, 2).flatten(2)
        scores = torch.tanh(self.hidden(frames)) @ self.context.to(frames.dtype)
        return at_least_float32(frames), torch.softmax(at_least_float32(scores), dim=1)


@POOLINGS.add("asp", options=PoolingOptions)
class AttentiveStatisticsOfFrames(SelfAttentivePooling):
    """Weighted mean and standard deviation over time."""

    values_per_position = 2

    def forward(self, x: Tensor) -> Tensor:
        """Pool ``x`` (batch, channel, time, mel) to (batch, 2 · channel · mel), means first."""
        frames, weights = self.weigh(x)
        mean = (frames * weights).sum(dim=1)
        variance = (frames.square() * weights).sum(dim=1) - mean.square()
        return torch.cat([mean, variance.clamp_min(EPSILON).sqrt()], dim=1)
