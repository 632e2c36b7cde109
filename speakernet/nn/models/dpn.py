"""Dual-path network of the VoxSRC 2020 system.

Chen et al., "Dual path networks" (NeurIPS 2017), ``dpn68`` with a 3×3 stem of 10 channels that
keeps the resolution. A block's first outputs are added to a residual path, the others joined to a
dense path that grows by ``increment`` channels a block. Unlike in that system's other networks,
3×3 convolutions of stride 2 are padded as TensorFlow's "same" does. Maps are (batch, channel, time,
mel).

Papers:

- Chen et al.: https://arxiv.org/abs/1707.01629
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from speakernet.nn.layers.basic import batch_norm_2d, conv2d, edge_padded_conv2d
from speakernet.nn.layers.checkpointing import BlockSequence
from speakernet.nn.models.base import (
    MODELS,
    BlockModelOptions,
    EmbeddingTail,
    SpeakerModel,
    strided_size,
)

_STEM_CHANNELS = 10
_GROUPS = 32


class StageSizes(NamedTuple):
    """Sizes of the blocks of a stage: residual channels, growth of the dense path, number."""

    residual: int
    increment: int
    num_blocks: int


_DPN68 = (
    StageSizes(64, 16, 3),
    StageSizes(128, 32, 4),
    StageSizes(256, 32, 12),
    StageSizes(512, 64, 3),
)


class PreactivatedConv(nn.Module):
    """Batch norm → ReLU → convolution."""

    def __init__(self, conv: nn.Conv2d) -> None:
        super().__init__()
        self.norm = batch_norm_2d(conv.in_channels)
        self.conv = conv

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, channel, time, mel) to what the convolution makes of it."""
        y: Tensor = self.conv(torch.relu(self.norm(x)))
        return y


class DualPathBlock(nn.Module):
    """1×1, grouped 3×3, 1×1; the output is (residual | dense) on the channel axis."""

    def __init__(self, in_channels: int, sizes: StageSizes, *, first: bool, stride: int) -> None:
        super().__init__()
        self.residual = sizes.residual
        self.projection: nn.Module = nn.Identity()
        dense = in_channels - sizes.residual
        if first:
            dense = 2 * sizes.increment
            projected = sizes.residual + dense
            self.projection = PreactivatedConv(conv2d(in_channels, projected, 1, stride=stride))
        hidden = 2 * sizes.residual
        self.body = nn.Sequential(
            PreactivatedConv(conv2d(in_channels, hidden, 1)),
            PreactivatedConv(edge_padded_conv2d(hidden, hidden, 3, stride=stride, groups=_GROUPS)),
            PreactivatedConv(conv2d(hidden, sizes.residual + sizes.increment, 1)),
        )
        self.out_channels = sizes.residual + dense + sizes.increment

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, in_channels, time, mel) to (batch, out_channels, time, mel) / stride."""
        old, new = self.projection(x), self.body(x)
        added = old[:, : self.residual] + new[:, : self.residual]
        return torch.cat([added, old[:, self.residual :], new[:, self.residual :]], dim=1)


@MODELS.add_pattern("dpn68", options=BlockModelOptions, published=("dpn68",), examples=("dpn68",))
class Dpn(SpeakerModel):
    """Dual-path network: stem, stages of dual-path blocks, pooling, one dense layer."""

    def __init__(self, config: BlockModelOptions, input_dim: int) -> None:
        super().__init__(config, input_dim)
        self.embedding_dim = config.embedding_dim or 256
        self.conv = conv2d(1, _STEM_CHANNELS, 3)
        self.norm = batch_norm_2d(_STEM_CHANNELS)
        self.stages = nn.ModuleList()
        channels = _STEM_CHANNELS
        for index, sizes in enumerate(_DPN68):
            blocks = []
            for number in range(sizes.num_blocks):
                first = number == 0
                stride = 2 if first and index > 0 else 1
                blocks.append(DualPathBlock(channels, sizes, first=first, stride=stride))
                channels = blocks[-1].out_channels
            self.stages.append(BlockSequence(blocks, recompute=config.recompute_activations))
        self.last_norm = batch_norm_2d(channels)
        num_bins = strided_size(input_dim, len(_DPN68) - 1)
        pooling = config.build_pooling("statistics", channels, num_bins)
        self.tail = EmbeddingTail(pooling, self.embedding_dim)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, time, mel) to (batch, embedding_dim)."""
        y = torch.relu(self.norm(self.conv(x.unsqueeze(1))))
        for stage in self.stages:
            y = stage(y)
        embedding: Tensor = self.tail(torch.relu(self.last_norm(y)))
        return embedding
