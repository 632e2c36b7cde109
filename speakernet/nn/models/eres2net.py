"""ERes2Net and ERes2NetV2, named ``eres2net{depth}[_v2]_w{width}_s{scale}_c{channels}[_eN]``.

Chen et al., "An enhanced Res2Net with local and global feature fusion for speaker verification"
(Interspeech 2023) and "ERes2NetV2: boosting short-duration speaker verification performance with
computational efficiency" (Interspeech 2024). Blocks split C channels of the first stage into
``scale`` groups of ``width`` channels in a chain; in the last two stages groups are fused by
attention, and so are maps of neighbouring stages: all four in ERes2Net, the last two in V2. Blocks
end with N times the channels, 2 without ``_eN``. Maps are (batch, channel,
mel, time), as published.

Papers:

- ERes2Net: https://arxiv.org/abs/2305.12838
- ERes2NetV2: https://arxiv.org/abs/2406.02167
"""

import torch
from torch import Tensor, nn

from speakernet.nn.layers.checkpointing import BlockSequence
from speakernet.nn.layers.precision import at_least_float32
from speakernet.nn.layers.residual import Residual, plain_conv2d
from speakernet.nn.models.base import MODELS, BlockModelOptions, SpeakerModel, strided_size

# Depth 14 was added here, for tests.
_NUM_BLOCKS = {14: (1, 1, 1, 1), 34: (3, 4, 6, 3)}
_FUSION_REDUCTION = 4


def _clipped_relu() -> nn.Module:
    return nn.Hardtanh(0.0, 20.0)


class Fusion(nn.Module):
    """Adds two maps, weighted by 1 + a and 1 - a, where both decide a, of -1 to 1."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        hidden = channels // _FUSION_REDUCTION
        self.weigh = nn.Sequential(
            *(nn.Conv2d(2 * channels, hidden, 1), nn.BatchNorm2d(hidden), nn.SiLU()),
            *(nn.Conv2d(hidden, channels, 1), nn.BatchNorm2d(channels)),
        )

    def forward(self, x: Tensor, other: Tensor) -> Tensor:
        """Map two (batch, channel, mel, time) to one."""
        weight = torch.tanh(self.weigh(torch.cat([x, other], dim=1)))
        return x * (1 + weight) + other * (1 - weight)


class FusedSplit(nn.Module):
    """Groups in a chain: each is convolved after the last one's result was added or fused to it."""

    def __init__(self, width: int, scale: int, *, fused: bool) -> None:
        super().__init__()
        self.width = width
        self.convs = nn.ModuleList(plain_conv2d(width, width, 3) for _ in range(scale))
        self.norms = nn.ModuleList(nn.BatchNorm2d(width) for _ in range(scale))
        self.fusions = nn.ModuleList(Fusion(width) for _ in range(scale - 1 if fused else 0))
        self.activation = _clipped_relu()

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, scale · width, mel, time) to the same shape."""
        outputs: list[Tensor] = []
        for index, group in enumerate(x.split(self.width, dim=1)):
            linked = self._link(index, outputs[-1], group) if outputs else group
            outputs.append(self.activation(self.norms[index](self.convs[index](linked))))
        return torch.cat(outputs, dim=1)

    def _link(self, index: int, last: Tensor, group: Tensor) -> Tensor:
        linked: Tensor = self.fusions[index - 1](last, group) if self.fusions else last + group
        return linked


def _block(
    in_channels: int, out_channels: int, width: int, scale: int, stride: int, *, fused: bool
) -> Residual:
    split = width * scale
    body = nn.Sequential(
        *(plain_conv2d(in_channels, split, 1, stride), nn.BatchNorm2d(split), _clipped_relu()),
        FusedSplit(width, scale, fused=fused),
        *(plain_conv2d(split, out_channels, 1), nn.BatchNorm2d(out_channels)),
    )
    return Residual(body, in_channels, out_channels, stride, _clipped_relu())


@MODELS.add_pattern(
    r"eres2net(?P<depth>14|34)(?P<version>_v2)?_w(?P<width>[1-9]\d*)_s(?P<scale>[1-9]\d*)"
    r"_c(?P<channels>[1-9]\d*)(?:_e(?P<expansion>[1-9]\d*))?",
    options=BlockModelOptions,
    published=(
        "eres2net34_w16_s2_c32",
        "eres2net34_w32_s2_c64",
        "eres2net34_w24_s3_c64_e4",
        "eres2net34_v2_w26_s2_c64",
        "eres2net34_v2_w24_s4_c64_e4",
    ),
    examples=("eres2net14_w4_s2_c8", "eres2net14_v2_w4_s3_c4_e1"),
)
class ERes2Net(SpeakerModel):
    """ERes2Net: stem, four stages of blocks, fusion of their maps, pooling, one dense layer."""

    def __init__(self, config: BlockModelOptions, input_dim: int) -> None:
        super().__init__(config, input_dim)
        sizes = config.sizes
        width, scale, channels = (int(sizes[name]) for name in ("width", "scale", "channels"))
        expansion = int(sizes["expansion"] or 2)
        self.embedding_dim = config.embedding_dim or 192
        self.conv = plain_conv2d(1, channels, 3)
        self.norm = nn.BatchNorm2d(channels)
        self.stages = nn.ModuleList()
        num_blocks, size = _NUM_BLOCKS[int(sizes["depth"])], channels
        for stage, count in enumerate(num_blocks):
            blocks = []
            for index in range(count):
                stride, out = 2 if stage > 0 and index == 0 else 1, (channels << stage) * expansion
                fused = stage >= len(num_blocks) - 2
                blocks.append(_block(size, out, width << stage, scale, stride, fused=fused))
                size = out
            self.stages.append(BlockSequence(blocks, recompute=config.recompute_activations))
        # Each halves a stage's map and doubles its channels, to be fused with the next stage's.
        first = len(num_blocks) - 1 if sizes["version"] else 1
        widths = [(channels << stage) * expansion for stage in range(first, len(num_blocks))]
        self.downsamples = nn.ModuleList(plain_conv2d(w // 2, w, 3, 2) for w in widths)
        self.fusions = nn.ModuleList(Fusion(w) for w in widths)
        num_bins = strided_size(input_dim, len(num_blocks) - 1)
        self.pooling = config.build_pooling("tstp", size, num_bins)
        self.dense = nn.Linear(self.pooling.output_dim, self.embedding_dim)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, time, mel) to (batch, embedding_dim), float32."""
        y = torch.relu(self.norm(self.conv(x.transpose(1, 2).unsqueeze(1))))
        maps: list[Tensor] = []
        for stage in self.stages:
            y = stage(y)
            maps.append(y)
        first = len(maps) - len(self.fusions)
        fused = maps[first - 1]
        for downsample, fusion, y in zip(self.downsamples, self.fusions, maps[first:], strict=True):
            fused = fusion(y, downsample(fused))
        return at_least_float32(self.dense(self.pooling(fused.transpose(2, 3))))
