"""ResNets of the TDY-CNN system, plain and temporal dynamic.

He et al., "Deep residual learning" (CVPR 2016), as used by Chung et al. (Interspeech 2020): narrow,
a 7×7 stem that halves mel only, four stages of basic blocks. ``[tdy_]resnet{depth}_{width}``: depth
34 was published with widths ``half`` and ``quarter`` of 64 channels; ``eighth``, ``sixteenth`` and
depths 10 and 18 are for small machines. In ``tdy_`` networks every convolution but the stem is
temporal dynamic. Input is the waveform; maps are (batch, channel, mel, time), as published.

Papers:

- He et al.: https://arxiv.org/abs/1512.03385
- Chung et al.: https://arxiv.org/abs/2003.11982
"""

import torch
from torch import Tensor, nn

from speakernet.nn.layers.checkpointing import BlockSequence
from speakernet.nn.layers.log_mel import NUM_MEL_BINS, LogMel
from speakernet.nn.layers.temporal_dynamic import TemporalDynamicConv2d
from speakernet.nn.models.base import (
    MODELS,
    BlockModelOptions,
    InputKind,
    SpeakerModel,
    strided_size,
)
from speakernet.nn.pooling.tdy import SelfAttentivePooling

_NUM_BLOCKS = {10: (1, 1, 1, 1), 18: (2, 2, 2, 2), 34: (3, 4, 6, 3)}
_CHANNELS = {"half": 32, "quarter": 16, "eighth": 8, "sixteenth": 4}
_STRIDES = (1, 2, 2, 1)


def make_conv(
    in_channels: int, out_channels: int, kernel: int, stride: int, num_bins: int, dynamic: bool
) -> nn.Module:
    """Return a square convolution without bias, temporal dynamic or not."""
    padding = kernel // 2
    if dynamic:
        return TemporalDynamicConv2d(
            in_channels,
            out_channels,
            (kernel, kernel),
            num_bins=num_bins,
            stride=(stride, stride),
            padding=(padding, padding),
        )
    conv = nn.Conv2d(in_channels, out_channels, kernel, stride, padding, bias=False)
    nn.init.kaiming_normal_(conv.weight, mode="fan_out", nonlinearity="relu")
    return conv


class BasicBlock(nn.Module):
    """Two 3×3 convolutions, added to the shortcut."""

    def __init__(
        self, in_channels: int, channels: int, stride: int, num_bins: int, dynamic: bool
    ) -> None:
        super().__init__()
        bins_out = strided_size(num_bins, int(stride == 2))
        self.conv1 = make_conv(in_channels, channels, 3, stride, num_bins, dynamic)
        self.norm1 = nn.BatchNorm2d(channels)
        self.conv2 = make_conv(channels, channels, 3, 1, bins_out, dynamic)
        self.norm2 = nn.BatchNorm2d(channels)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or in_channels != channels:
            self.shortcut = nn.Sequential(
                make_conv(in_channels, channels, 1, stride, num_bins, dynamic),
                nn.BatchNorm2d(channels),
            )

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, in_channels, mel, time) to (batch, channels, mel, time) / stride."""
        y = torch.relu(self.norm1(self.conv1(x)))
        y = self.norm2(self.conv2(y))
        return torch.relu(y + self.shortcut(x))


@MODELS.add_pattern(
    r"(?P<dynamic>tdy_)?resnet(?P<depth>10|18|34)_(?P<width>half|quarter|eighth|sixteenth)",
    options=BlockModelOptions,
    published=("resnet34_quarter", "resnet34_half", "tdy_resnet34_quarter", "tdy_resnet34_half"),
    examples=("resnet10_eighth", "tdy_resnet10_eighth"),
)
class ResNet(SpeakerModel):
    """ResNet on waveforms: front end, stem, four stages of blocks, pooling, one dense layer."""

    input_kind: InputKind = "waveform"

    def __init__(self, config: BlockModelOptions, input_dim: int) -> None:
        super().__init__(config, input_dim)
        num_blocks = _NUM_BLOCKS[int(config.sizes["depth"])]
        channels, dynamic = _CHANNELS[config.sizes["width"]], config.has_temperature
        self.embedding_dim = config.embedding_dim or 512
        self.front_end = LogMel("hamming")
        self.conv = nn.Conv2d(1, channels, 7, (2, 1), 3, bias=False)
        nn.init.kaiming_normal_(self.conv.weight, mode="fan_out", nonlinearity="relu")
        self.norm = nn.BatchNorm2d(channels)
        self.stages = nn.ModuleList()
        num_bins, in_channels = strided_size(NUM_MEL_BINS, 1), channels
        for index, (count, first_stride) in enumerate(zip(num_blocks, _STRIDES, strict=True)):
            blocks = []
            for stride in (first_stride, *[1] * (count - 1)):
                size = channels << index
                blocks.append(BasicBlock(in_channels, size, stride, num_bins, dynamic))
                num_bins, in_channels = strided_size(num_bins, int(stride == 2)), size
            self.stages.append(BlockSequence(blocks, recompute=config.recompute_activations))
        self.pooling = config.build_pooling("average", in_channels, num_bins)
        if dynamic and isinstance(self.pooling, SelfAttentivePooling):
            nn.init.kaiming_normal_(self.pooling.context)  # others: Xavier, as in the system's code
        self.dense = nn.Linear(self.pooling.output_dim, self.embedding_dim)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, samples) at 16 kHz in [-1, 1] to (batch, embedding_dim)."""
        y = self.front_end(x).transpose(1, 2).unsqueeze(1)
        y = torch.relu(self.norm(self.conv(y)))
        for stage in self.stages:
            y = stage(y)
        embedding: Tensor = self.dense(self.pooling(y.transpose(2, 3)))
        return embedding
