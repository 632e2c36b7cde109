"""ResNets with squeeze and excitation of voxceleb_trainer: ``resnetse{depth}_{l,v2}``.

``resnetse34_l`` is ResNetSE34L, the "Fast ResNet-34" of Chung et al. (Interspeech 2020): 16
channels, a 7×7 stem that halves mel, 40 mel bins, whose mean is pooled. ``resnetse34_v2`` is
ResNetSE34V2, "H / ASP" of Heo et al. (2020): 32 channels, a 3×3 stem, 64 mel bins behind a
pre-emphasis, pooling with weights. In blocks, ReLU comes before the first batch norm. Input is the
waveform; maps are (batch, channel, mel, time), as published.

Papers:

- Chung et al.: https://arxiv.org/abs/2003.11982
- Heo et al.: https://arxiv.org/abs/2009.14153
- Hu et al.: https://arxiv.org/abs/1709.01507
"""

from torch import Tensor, nn

from speakernet.nn.layers.checkpointing import BlockSequence
from speakernet.nn.layers.log_mel import NUM_MEL_BINS, LogMel
from speakernet.nn.layers.precision import at_least_float32
from speakernet.nn.layers.residual import Residual, plain_conv2d
from speakernet.nn.layers.squeeze_excitation import SqueezeExcitation
from speakernet.nn.models.base import (
    MODELS,
    BlockModelOptions,
    InputKind,
    SpeakerModel,
    strided_size,
)

# Depth 10 was added here, for tests.
_NUM_BLOCKS = {10: (1, 1, 1, 1), 34: (3, 4, 6, 3)}
_REDUCTION = 8


def se_block(in_channels: int, channels: int, stride: int) -> Residual:
    """Return two 3×3 convolutions and squeeze and excitation, added to the shortcut."""
    body = nn.Sequential(
        *(plain_conv2d(in_channels, channels, 3, stride), nn.ReLU(), nn.BatchNorm2d(channels)),
        *(plain_conv2d(channels, channels, 3), nn.BatchNorm2d(channels)),
        SqueezeExcitation(channels, channels // _REDUCTION),
    )
    return Residual(body, in_channels, channels, stride)


@MODELS.add_pattern(
    r"resnetse(?P<depth>10|34)_(?P<kind>l|v2)",
    options=BlockModelOptions,
    published=("resnetse34_l", "resnetse34_v2"),
    examples=("resnetse10_l", "resnetse10_v2"),
)
class ResNetSe(SpeakerModel):
    """ResNet on waveforms: front end, stem, four stages of blocks, pooling, one dense layer."""

    input_kind: InputKind = "waveform"

    def __init__(self, config: BlockModelOptions, input_dim: int) -> None:
        super().__init__(config, input_dim)
        self.is_light = config.sizes["kind"] == "l"
        self.embedding_dim = config.embedding_dim or 512
        channels, num_mel_bins = (16, 40) if self.is_light else (32, NUM_MEL_BINS)
        self.front_end = LogMel("hamming", num_mel_bins, preemphasis=not self.is_light)
        self.stem = _stem(channels, is_light=self.is_light)
        self.stages = nn.ModuleList()
        in_channels = channels
        for stage, count in enumerate(_NUM_BLOCKS[int(config.sizes["depth"])]):
            blocks, first_stride = [], self._stride(stage)
            for stride in (first_stride, *[1] * (count - 1)):
                blocks.append(se_block(in_channels, channels << stage, stride))
                in_channels = channels << stage
            self.stages.append(BlockSequence(blocks, recompute=config.recompute_activations))
        num_bins = 1 if self.is_light else strided_size(num_mel_bins, len(self.stages) - 1)
        default = "sap" if self.is_light else "asp_norm"
        self.pooling = config.build_pooling(default, in_channels, num_bins)
        self.dense = nn.Linear(self.pooling.output_dim, self.embedding_dim)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def _stride(self, stage: int) -> int:
        return 1 if stage == 0 or (stage == 3 and self.is_light) else 2

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, samples) at 16 kHz in [-1, 1] to (batch, embedding_dim), float32."""
        y = self.stem(self.front_end(x).transpose(1, 2).unsqueeze(1))
        for stage in self.stages:
            y = stage(y)
        if self.is_light:
            y = y.mean(dim=2, keepdim=True)
        return at_least_float32(self.dense(self.pooling(y.transpose(2, 3))))


def _stem(channels: int, *, is_light: bool) -> nn.Sequential:
    if is_light:
        conv = nn.Conv2d(1, channels, 7, (2, 1), 3, bias=False)
        return nn.Sequential(conv, nn.BatchNorm2d(channels), nn.ReLU())
    conv = nn.Conv2d(1, channels, 3, padding=1)
    return nn.Sequential(conv, nn.ReLU(), nn.BatchNorm2d(channels))
