"""ResNets of wespeaker on filter banks, also with SimAM: ``[simam_]resnet{depth}_c{channels}``.

He et al., "Deep residual learning" (CVPR 2016): a 3×3 stem that keeps the resolution, four stages
of basic blocks (depths 18 and 34, and 100 with SimAM) or bottlenecks (50 and deeper), C channels in
the first stage, twice as many in each following one, statistics pooling, one dense layer. In
``simam_`` networks each body ends in SimAM (Yang et al., ICML 2021), and pooling has weights; Qin
et al., "Simple attention module based speaker verification" (ICASSP 2022). Maps are (batch,
channel, mel, time), as published.

Papers:

- He et al.: https://arxiv.org/abs/1512.03385
- Wang et al., "wespeaker": https://arxiv.org/abs/2210.17016
- Qin et al.: https://arxiv.org/abs/2110.04692
"""

import torch
from torch import Tensor, nn

from speakernet.nn.layers.checkpointing import BlockSequence
from speakernet.nn.layers.precision import at_least_float32
from speakernet.nn.layers.residual import Residual, SimAm, basic_body, plain_conv2d
from speakernet.nn.models.base import MODELS, BlockModelOptions, SpeakerModel, strided_size

# Depths 10 and 14 were added here, for tests and small machines.
_BASIC = {10: (1, 1, 1, 1), 18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 100: (6, 16, 24, 3)}
_BOTTLENECK = {
    14: (1, 1, 1, 1),
    50: (3, 4, 6, 3),
    101: (3, 4, 23, 3),
    152: (3, 8, 36, 3),
    221: (6, 16, 48, 3),
    293: (10, 20, 64, 3),
}
_EXPANSION = 4


def basic_block(in_channels: int, channels: int, stride: int) -> Residual:
    """Return a block of two 3×3 convolutions."""
    return Residual(basic_body(in_channels, channels, stride), in_channels, channels, stride)


def simam_block(in_channels: int, channels: int, stride: int) -> Residual:
    """Return a basic block with SimAM before the addition."""
    body = basic_body(in_channels, channels, stride).append(SimAm())
    return Residual(body, in_channels, channels, stride)


def bottleneck_block(in_channels: int, channels: int, stride: int) -> Residual:
    """Return a block of 1×1, 3×3 and 1×1 convolutions, with four times the channels behind it."""
    out_channels = _EXPANSION * channels
    body = nn.Sequential(
        *(plain_conv2d(in_channels, channels, 1), nn.BatchNorm2d(channels), nn.ReLU()),
        *(plain_conv2d(channels, channels, 3, stride), nn.BatchNorm2d(channels), nn.ReLU()),
        *(plain_conv2d(channels, out_channels, 1), nn.BatchNorm2d(out_channels)),
    )
    return Residual(body, in_channels, out_channels, stride)


@MODELS.add_pattern(
    r"(?:(?P<simam>simam_)resnet(?P<simam_depth>10|18|34|100)"
    r"|resnet(?P<depth>10|14|18|34|50|101|152|221|293))_c(?P<channels>[1-9]\d*)",
    options=BlockModelOptions,
    published=(
        *(f"resnet{depth}_c32" for depth in (18, 34, 50, 101, 152, 221, 293)),
        *(f"simam_resnet{depth}_c64" for depth in (34, 100)),
    ),
    examples=("resnet10_c8", "resnet14_c4", "simam_resnet10_c4"),
)
class ResNetOnFeatures(SpeakerModel):
    """ResNet: stem, four stages of blocks, pooling and one dense layer."""

    def __init__(self, config: BlockModelOptions, input_dim: int) -> None:
        super().__init__(config, input_dim)
        sizes = config.sizes
        channels, depth = int(sizes["channels"]), int(sizes["depth"] or sizes["simam_depth"])
        self.embedding_dim = config.embedding_dim or 256
        self.conv = plain_conv2d(1, channels, 3)
        self.norm = nn.BatchNorm2d(channels)
        self.stages = nn.ModuleList()
        is_basic = depth in _BASIC
        make = (simam_block if sizes["simam"] else basic_block) if is_basic else bottleneck_block
        in_channels = channels
        for stage, count in enumerate((_BASIC if is_basic else _BOTTLENECK)[depth]):
            blocks = []
            for index in range(count):
                stride = 2 if stage > 0 and index == 0 else 1
                blocks.append(make(in_channels, channels << stage, stride))
                in_channels = (channels << stage) * (1 if is_basic else _EXPANSION)
            self.stages.append(BlockSequence(blocks, recompute=config.recompute_activations))
        default = "asp_norm" if sizes["simam"] else "tstp"
        num_bins = strided_size(input_dim, len(self.stages) - 1)
        self.pooling = config.build_pooling(default, in_channels, num_bins)
        self.dense = nn.Linear(self.pooling.output_dim, self.embedding_dim)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, time, mel) to (batch, embedding_dim), float32."""
        y = torch.relu(self.norm(self.conv(x.transpose(1, 2).unsqueeze(1))))
        for stage in self.stages:
            y = stage(y)
        return at_least_float32(self.dense(self.pooling(y.transpose(2, 3))))
