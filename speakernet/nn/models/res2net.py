"""Res2Net of the VoxSRC 2020 system, named ``res2net{depth}_w{width}_s{scale}_c{channels}[_att]``.

Gao et al., "Res2Net: a new multi-scale backbone architecture" (TPAMI 2021). A bottleneck block
whose 3×3 convolution is split into ``scale`` groups of ``width`` channels that are linked one after
another. The stem keeps the resolution; ``_att`` pools with attention. Maps are (batch, channel,
time, mel).

Papers:

- Gao et al.: https://arxiv.org/abs/1904.01169
"""

import torch
from torch import Tensor, nn

from speakernet.nn.layers.basic import batch_norm_2d, conv2d
from speakernet.nn.layers.checkpointing import BlockSequence
from speakernet.nn.models.base import (
    MODELS,
    BlockModelOptions,
    EmbeddingTail,
    SpeakerModel,
    strided_size,
)

# Depths 14 and 26 are ours, for small machines; the others are the published ones.
_NUM_BLOCKS = {
    14: (1, 1, 1, 1),
    26: (2, 2, 2, 2),
    50: (3, 4, 6, 3),
    101: (3, 4, 23, 3),
    152: (3, 8, 36, 3),
    200: (3, 24, 36, 3),
}
_EXPANSION = 4


class LinkedSplit(nn.Module):
    """Groups in a chain: yᵢ = ReLU(BN(conv(xᵢ + yᵢ₋₁))); the last group passes through."""

    def __init__(self, width: int, scale: int) -> None:
        super().__init__()
        self.width = width
        self.convs = nn.ModuleList(conv2d(width, width, 3) for _ in range(scale - 1))
        self.norms = nn.ModuleList(batch_norm_2d(width) for _ in range(scale - 1))

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, scale · width, time, mel) to the same shape."""
        groups = x.split(self.width, dim=1)
        outputs: list[Tensor] = []
        for group, conv, norm in zip(groups[:-1], self.convs, self.norms, strict=True):
            linked = group + outputs[-1] if outputs else group
            outputs.append(torch.relu(norm(conv(linked))))
        return torch.cat([*outputs, groups[-1]], dim=1)


class StridedSplit(nn.Module):
    """Groups side by side, at stride 2: all are convolved but the last, which is average pooled."""

    def __init__(self, width: int, scale: int, stride: int) -> None:
        super().__init__()
        convolved = width * (scale - 1)
        self.sizes = [convolved, width]
        self.conv = conv2d(convolved, convolved, 3, stride=stride, groups=scale - 1)
        self.norm = batch_norm_2d(convolved)
        self.pool = nn.AvgPool2d(3, stride=stride, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, scale · width, time, mel) to half the time and mel positions."""
        convolved, passed = x.split(self.sizes, dim=1)
        return torch.cat([torch.relu(self.norm(self.conv(convolved))), self.pool(passed)], dim=1)


class Res2NetBlock(nn.Module):
    """1×1, split 3×3, 1×1, added to the shortcut."""

    def __init__(
        self, in_channels: int, channels: int, width: int, scale: int, stride: int
    ) -> None:
        super().__init__()
        out_channels = _EXPANSION * channels
        self.shortcut: nn.Module = nn.Identity()
        if in_channels != out_channels or stride != 1:
            self.shortcut = nn.Sequential(
                conv2d(in_channels, out_channels, 1, stride=stride), batch_norm_2d(out_channels)
            )
        self.conv_in = conv2d(in_channels, scale * width, 1)
        self.norm_in = batch_norm_2d(scale * width)
        self.split = (
            LinkedSplit(width, scale) if stride == 1 else StridedSplit(width, scale, stride)
        )
        self.conv_out = conv2d(scale * width, out_channels, 1)
        self.norm_out = batch_norm_2d(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, in_channels, time, mel) to (batch, 4 · channels, time, mel) / stride."""
        y = torch.relu(self.norm_in(self.conv_in(x)))
        y = self.norm_out(self.conv_out(self.split(y)))
        return torch.relu(y + self.shortcut(x))


@MODELS.add_pattern(
    r"res2net(?P<depth>14|26|50|101|152|200)_w(?P<width>[1-9]\d*)_s(?P<scale>[2-9]|[1-9]\d+)"
    r"_c(?P<channels>[1-9]\d*)(?P<attention>_att)?",
    options=BlockModelOptions,
    published=(
        "res2net50_w8_s6_c16",
        "res2net50_w24_s4_c32",
        "res2net50_w24_s4_c64",
        "res2net101_w24_s4_c32_att",
        "res2net152_w24_s4_c32_att",
        "res2net200_w24_s4_c32_att",
    ),
    examples=("res2net14_w4_s3_c8_att", "res2net26_w4_s2_c8"),
)
class Res2Net(SpeakerModel):
    """Res2Net: stem, four stages of blocks, pooling and one dense layer."""

    def __init__(self, config: BlockModelOptions, input_dim: int) -> None:
        super().__init__(config, input_dim)
        sizes = config.sizes
        width, scale, channels = (int(sizes[name]) for name in ("width", "scale", "channels"))
        num_blocks = _NUM_BLOCKS[int(sizes["depth"])]
        self.embedding_dim = config.embedding_dim or (192 if channels == 16 else 256)
        self.conv = conv2d(1, channels, 3)
        self.norm = batch_norm_2d(channels)
        self.stages = nn.ModuleList()
        in_channels = channels
        for stage, count in enumerate(num_blocks):
            blocks = []
            for index in range(count):
                stride = 2 if stage > 0 and index == 0 else 1
                size = channels << stage
                blocks.append(Res2NetBlock(in_channels, size, width << stage, scale, stride))
                in_channels = _EXPANSION * size
            self.stages.append(BlockSequence(blocks, recompute=config.recompute_activations))
        num_bins = strided_size(input_dim, len(num_blocks) - 1)
        published = "attentive_statistics" if sizes["attention"] else "statistics"
        pooling = config.build_pooling(published, in_channels, num_bins)
        self.tail = EmbeddingTail(pooling, self.embedding_dim)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, time, mel) to (batch, embedding_dim)."""
        y = torch.relu(self.norm(self.conv(x.unsqueeze(1))))
        for stage in self.stages:
            y = stage(y)
        embedding: Tensor = self.tail(y)
        return embedding
