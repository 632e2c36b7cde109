"""Poolings of wespeaker, 3D-Speaker, SpeechBrain and voxceleb_trainer's ResNetSE34V2.

All pool each channel and mel position on its own and join means and standard deviations, channels
first. ``tstp`` has the statistics as they are (Snyder et al., ICASSP 2018), with the unbiased
variance. The others weigh frames, by one weight for each position (Okabe et al., Interspeech 2018,
as ECAPA-TDNN has it); what they differ in is the layer between the map and its weights: ``astp``
has Tanh behind a convolution, ``asp_norm`` ReLU and batch norm, ``asp_norm_tanh`` all three.

Papers:

- Snyder et al.: https://doi.org/10.1109/ICASSP.2018.8461375
- Okabe et al.: https://arxiv.org/abs/1803.10963
"""

import torch
from pydantic import Field
from torch import Tensor, nn

from speakernet.nn.layers.precision import at_least_float32
from speakernet.nn.pooling.base import POOLINGS, Pooling, PoolingOptions

_EPSILON = 1e-7


class UnbiasedOptions(PoolingOptions):
    """Options of `tstp`."""

    epsilon: float = Field(default=_EPSILON, ge=0)
    """What is added to the variance. 3D-Speaker's CAM++ adds nothing, with which training fails
    where a channel is constant."""


class FrameWeightOptions(PoolingOptions):
    """Options of poolings that weigh frames."""

    attention_dim: int = Field(default=128, ge=1)
    """Width of the layer between the map and its weights."""


class ContextOptions(FrameWeightOptions):
    """Options of poolings whose weights may depend on the whole utterance."""

    global_context: bool = True
    """Whether the weights also see the mean and the standard deviation of the utterance."""


def _frames(x: Tensor) -> Tensor:
    """Return ``x`` (batch, channel, time, mel) as (batch, channel · mel, time), channels first."""
    return x.transpose(2, 3).flatten(1, 2)


@POOLINGS.add("tstp", options=UnbiasedOptions)
class UnbiasedStatisticsPooling(Pooling):
    """Mean and standard deviation over time, √(unbiased variance + ``epsilon``)."""

    config: UnbiasedOptions
    values_per_position = 2

    def forward(self, x: Tensor) -> Tensor:
        """Pool ``x`` (batch, channel, time, mel), of two frames or more."""
        mean, std = _mean_and_std(at_least_float32(_frames(x)), self.config.epsilon)
        return torch.cat([mean, std], dim=1).squeeze(2)


def _mean_and_std(frames: Tensor, epsilon: float) -> tuple[Tensor, Tensor]:
    variance, mean = torch.var_mean(frames, dim=2, keepdim=True)
    return mean, torch.sqrt(variance + epsilon)


class _WeightedPooling(Pooling):
    """Weighted mean and standard deviation, √max(variance, ``epsilon``)."""

    values_per_position = 2
    epsilon = _EPSILON
    has_context = False

    def __init__(self, config: FrameWeightOptions, channels: int, num_bins: int) -> None:
        super().__init__(config, channels, num_bins)
        inputs, hidden = channels * num_bins, config.attention_dim
        self.reduce = nn.Conv1d(inputs * (3 if self.has_context else 1), hidden, 1)
        self.activation = self.make_activation(hidden)
        self.expand = nn.Conv1d(hidden, inputs, 1)

    def make_activation(self, hidden: int) -> nn.Module:
        """Return what stands between the two convolutions."""
        raise NotImplementedError

    def context(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and standard deviation of the utterance, each (batch, channel, 1)."""
        return _mean_and_std(frames, _EPSILON)

    def forward(self, x: Tensor) -> Tensor:
        """Pool ``x`` (batch, channel, time, mel) over time."""
        seen = _frames(x)
        frames = at_least_float32(seen)
        if self.has_context:
            context = torch.cat(self.context(frames), dim=1).to(seen.dtype)
            seen = torch.cat([seen, context.expand(-1, -1, seen.shape[2])], dim=1)
        logits = self.expand(self.activation(self.reduce(seen)))
        weights = torch.softmax(at_least_float32(logits), dim=2)
        mean = (weights * frames).sum(dim=2, keepdim=True)
        # Not the mean of squares less the squared mean, whose rounding may be below 0.
        variance = (weights * (frames - mean).square()).sum(dim=2)
        std = variance.clamp_min(self.epsilon).sqrt()
        return torch.cat([mean.squeeze(2), std], dim=1)


class _ContextPooling(_WeightedPooling):
    def __init__(self, config: ContextOptions, channels: int, num_bins: int) -> None:
        self.has_context = config.global_context
        super().__init__(config, channels, num_bins)


@POOLINGS.add("astp", options=ContextOptions)
class TanhAttention(_ContextPooling):
    """wespeaker's, of its ECAPA-TDNN and ReDimNet."""

    def make_activation(self, hidden: int) -> nn.Module:
        """Return Tanh."""
        return nn.Tanh()


@POOLINGS.add("asp_norm", options=FrameWeightOptions)
class NormAttention(_WeightedPooling):
    """That of ResNetSE34V2 and of wespeaker's SimAM-ResNets."""

    epsilon = 1e-5

    def make_activation(self, hidden: int) -> nn.Module:
        """Return ReLU and batch norm."""
        return nn.Sequential(nn.ReLU(), nn.BatchNorm1d(hidden))


@POOLINGS.add("asp_norm_tanh", options=ContextOptions)
class NormTanhAttention(_ContextPooling):
    """SpeechBrain's and 3D-Speaker's, of their ECAPA-TDNN."""

    epsilon = 1e-12

    def make_activation(self, hidden: int) -> nn.Module:
        """Return ReLU, batch norm and Tanh."""
        return nn.Sequential(nn.ReLU(), nn.BatchNorm1d(hidden), nn.Tanh())

    def context(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and standard deviation of the utterance, here of the biased variance."""
        variance, mean = torch.var_mean(frames, dim=2, correction=0, keepdim=True)
        return mean, variance.clamp_min(self.epsilon).sqrt()
