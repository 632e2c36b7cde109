"""Statistics pooling and its attentive form.

Per channel and mel position: the mean over time and the standard deviation √(variance + 1e-5), with
the biased variance, joined on the channel axis; mel positions are kept. Snyder et al., "X-vectors"
(ICASSP 2018); attentive: Okabe et al., "Attentive statistics pooling" (Interspeech 2018), here with
the global mean and standard deviation as context of the attention and one weight for every time,
mel position and channel.

Papers:

- Snyder et al.: https://doi.org/10.1109/ICASSP.2018.8461375
- Okabe et al.: https://arxiv.org/abs/1803.10963
"""

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional

from speakernet.nn.layers.basic import EPSILON, conv2d
from speakernet.nn.layers.precision import at_least_float32
from speakernet.nn.pooling.base import POOLINGS, Pooling, PoolingOptions


class AttentiveStatisticsOptions(PoolingOptions):
    """Options of `attentive_statistics`."""

    attention_dim: int = Field(default=128, ge=1)
    """Width of the layer between the map and its weights."""


def mean_and_std(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean and standard deviation over time, each (batch, channel, 1, mel)."""
    variance, mean = torch.var_mean(x, dim=2, correction=0, keepdim=True)
    return mean, torch.sqrt(variance + EPSILON)


def flatten_statistics(mean: Tensor, std: Tensor) -> Tensor:
    """Join two (batch, channel, 1, mel) to (batch, mel · 2 · channel), mel positions first."""
    return torch.cat([mean, std], dim=1).squeeze(2).transpose(1, 2).flatten(1)


@POOLINGS.add("statistics", options=PoolingOptions)
class StatisticsPooling(Pooling):
    """Mean and standard deviation over time of every channel and mel position."""

    values_per_position = 2

    def forward(self, x: Tensor) -> Tensor:
        """Pool ``x`` (batch, channel, time, mel) over time."""
        return flatten_statistics(*mean_and_std(at_least_float32(x)))


@POOLINGS.add("attentive_statistics", options=AttentiveStatisticsOptions)
class AttentiveStatisticsPooling(StatisticsPooling):
    """Weighted mean and standard deviation, the weights computed from the map itself."""

    def __init__(self, config: AttentiveStatisticsOptions, channels: int, num_bins: int) -> None:
        super().__init__(config, channels, num_bins)
        self.reduce = conv2d(3 * channels, config.attention_dim, 1)
        self.expand = conv2d(config.attention_dim, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Pool ``x`` (batch, channel, time, mel) over time."""
        full = at_least_float32(x)
        weights = torch.softmax(at_least_float32(self._attention(x, full)), dim=2)
        mean = (weights * full).sum(dim=2, keepdim=True)
        # Weighted sum of squares minus squared mean, written so that rounding cannot make it < 0.
        variance = (weights * (full - mean).square()).sum(dim=2, keepdim=True)
        return flatten_statistics(mean, torch.sqrt(variance + EPSILON))

    def _attention(self, x: Tensor, full: Tensor) -> Tensor:
        # The 1×1 convolution of concat(x, mean, std), without that map three times the size of x.
        context = torch.cat(mean_and_std(full), dim=1).to(x.dtype)
        of_map, of_context = self.reduce.weight.split([self.channels, 2 * self.channels], dim=1)
        hidden = functional.conv2d(x, of_map) + functional.conv2d(context, of_context)
        logits: Tensor = self.expand(torch.tanh(hidden))
        return logits
