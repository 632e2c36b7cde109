"""ECAPA-TDNN, named ``ecapa_tdnn_cN`` with N channels (512 and 1024 are the published sizes).

Desplanques et al., "ECAPA-TDNN: emphasized channel attention, propagation and aggregation in TDNN
based speaker verification" (Interspeech 2020). Maps are (batch, channel, time).

Papers:

- Desplanques et al.: https://arxiv.org/abs/2005.07143
"""

from collections.abc import Sequence
from typing import Literal, Self

import torch
from pydantic import model_validator
from torch import Tensor, nn

from speakernet.config import setting_error
from speakernet.nn.layers.precision import at_least_float32
from speakernet.nn.layers.squeeze_excitation import SqueezeExcitation
from speakernet.nn.models.base import MODELS, PooledModelOptions, SpeakerModel
from speakernet.nn.pooling.base import Pooling

_SCALE = 8
_BOTTLENECK = 128
_AGGREGATED = 1536
DILATIONS = (2, 3, 4)


class ConvReluNorm(nn.Sequential):
    """Convolution over time that keeps the number of frames, ReLU, batch norm."""

    padding_mode: Literal["zeros", "reflect"] = "zeros"

    def __init__(self, inputs: int, outputs: int, kernel: int = 1, dilation: int = 1) -> None:
        conv = nn.Conv1d(
            inputs,
            outputs,
            kernel,
            dilation=dilation,
            padding=dilation * (kernel - 1) // 2,
            padding_mode=self.padding_mode,
        )
        super().__init__(conv, nn.ReLU(), nn.BatchNorm1d(outputs))


class SplitConv(nn.Module):
    """Eighths of the channels in a chain, each convolved after the last one's result was added."""

    conv = ConvReluNorm

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.width = channels // _SCALE
        self.layers = nn.ModuleList(
            self.conv(self.width, self.width, 3, dilation) for _ in range(_SCALE - 1)
        )

    def chain(self, parts: Sequence[Tensor]) -> list[Tensor]:
        """Return the results of seven ``parts`` (batch, width, time)."""
        outputs: list[Tensor] = []
        for part, layer in zip(parts, self.layers, strict=True):
            outputs.append(layer(part + outputs[-1] if outputs else part))
        return outputs

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, channel, time) to the same shape; the last eighth passes through."""
        *parts, last = x.split(self.width, dim=1)
        return torch.cat([*self.chain(parts), last], dim=1)


class Block(nn.Sequential):
    """1×1, split convolution, 1×1, squeeze and excitation; added to its input."""

    split = SplitConv

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__(
            ConvReluNorm(channels, channels),
            self.split(channels, dilation),
            ConvReluNorm(channels, channels),
            SqueezeExcitation(channels, _BOTTLENECK),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, channel, time) to the same shape."""
        return x + super().forward(x)


class EcapaOptions(PooledModelOptions):
    """Options of ECAPA-TDNN."""

    @property
    def channels(self) -> int:
        """N of the name."""
        return int(self.sizes["channels"])

    @model_validator(mode="after")
    def _channels_can_be_split(self) -> Self:
        if self.channels % _SCALE:
            found = f"'{self.name}' has {self.channels} channels"
            raise setting_error("name", f"{found}; expected a multiple of {_SCALE}")
        return self


class EcapaLayers(SpeakerModel):
    """How the layers of an ECAPA-TDNN follow each other; what they are, a subclass says."""

    first: nn.Module
    blocks: nn.ModuleList
    aggregate: nn.Module
    pooling: Pooling
    norm: nn.Module
    dense: nn.Module

    def embed(self, features: Tensor) -> Tensor:
        """Map (batch, time, mel) to (batch, embedding_dim), float32."""
        y = self.first(features.transpose(1, 2))
        outputs: list[Tensor] = []
        for block in self.blocks:
            y = block(y)
            outputs.append(y)
        frames = self.aggregate(torch.cat(outputs, dim=1))
        return at_least_float32(self.dense(self.norm(self.pooling(frames.unsqueeze(3)))))


@MODELS.add_pattern(
    r"ecapa_tdnn_c(?P<channels>[1-9]\d*)",
    options=EcapaOptions,
    published=("ecapa_tdnn_c512", "ecapa_tdnn_c1024"),
    examples=("ecapa_tdnn_c16",),
)
class EcapaTdnn(EcapaLayers):
    """ECAPA-TDNN: three blocks, their outputs joined, attentive pooling, one dense layer."""

    def __init__(self, config: EcapaOptions, input_dim: int) -> None:
        super().__init__(config, input_dim)
        channels = config.channels
        self.embedding_dim = config.embedding_dim or 192
        self.first = ConvReluNorm(input_dim, channels, 5)
        self.blocks = nn.ModuleList(Block(channels, dilation) for dilation in DILATIONS)
        joined = channels * len(DILATIONS)
        self.aggregate = nn.Sequential(nn.Conv1d(joined, _AGGREGATED, 1), nn.ReLU())
        self.pooling = config.build_pooling("attentive_statistics", _AGGREGATED, 1)
        self.norm = nn.BatchNorm1d(self.pooling.output_dim)
        self.dense = nn.Linear(self.pooling.output_dim, self.embedding_dim)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, time, mel) to (batch, embedding_dim), float32."""
        return self.embed(x)
