"""VGG-M of the TDY-CNN system, plain (``vgg_m``) and temporal dynamic (``tdy_vgg_m``).

``vgg_m_mel40`` is VGGVox of voxceleb_trainer, on 40 mel bins and with another pooling.

Chatfield et al., "Return of the devil in the details" (BMVC 2014), adapted to speech by Nagrani et
al., "VoxCeleb" (Interspeech 2017). In ``tdy_vgg_m`` all convolutions but the first are temporal
dynamic. Input is the waveform; maps are (batch, channel, mel, time), as published.

Papers:

- Chatfield et al.: https://arxiv.org/abs/1405.3531
- Nagrani et al.: https://arxiv.org/abs/1706.08612
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from speakernet.nn.layers.log_mel import NUM_MEL_BINS, LogMel
from speakernet.nn.layers.temporal_dynamic import TemporalDynamicConv2d
from speakernet.nn.models.base import MODELS, InputKind, PooledModelOptions, SpeakerModel

Pair = tuple[int, int]


class Layer(NamedTuple):
    """A convolution and the max pooling behind it, if any; pairs are (mel, time)."""

    channels: int
    kernel: Pair
    stride: Pair = (1, 1)
    padding: Pair = (0, 0)
    pool: Pair | None = None
    pool_stride: Pair = (2, 2)


_LAYERS = (
    Layer(96, (5, 7), stride=(1, 2), padding=(2, 2), pool=(1, 3), pool_stride=(1, 2)),
    Layer(256, (5, 5), stride=(2, 2), padding=(1, 1), pool=(3, 3)),
    Layer(384, (3, 3), padding=(1, 1)),
    Layer(256, (3, 3), padding=(1, 1)),
    Layer(256, (3, 3), padding=(1, 1), pool=(3, 3)),
    Layer(512, (7, 1)),
)
_LAYERS_OF_40_BINS = (*_LAYERS[:-1], Layer(512, (4, 1)))


class VggLayer(nn.Module):
    """Convolution → batch norm → ReLU → max pooling."""

    def __init__(self, in_channels: int, num_bins: int, layer: Layer, *, dynamic: bool) -> None:
        super().__init__()
        self.conv = _make_conv(in_channels, num_bins, layer, dynamic)
        self.norm = nn.BatchNorm2d(layer.channels)
        self.pool: nn.Module = nn.Identity()
        self.num_bins = 1 + (num_bins + 2 * layer.padding[0] - layer.kernel[0]) // layer.stride[0]
        if layer.pool is not None:
            self.pool = nn.MaxPool2d(layer.pool, layer.pool_stride)
            self.num_bins = 1 + (self.num_bins - layer.pool[0]) // layer.pool_stride[0]

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, in_channels, mel, time) to (batch, channels, mel, time), smaller."""
        y: Tensor = self.pool(torch.relu(self.norm(self.conv(x))))
        return y


def _make_conv(in_channels: int, num_bins: int, layer: Layer, dynamic: bool) -> nn.Module:
    if dynamic:
        return TemporalDynamicConv2d(
            in_channels,
            layer.channels,
            layer.kernel,
            num_bins=num_bins,
            stride=layer.stride,
            padding=layer.padding,
        )
    return nn.Conv2d(in_channels, layer.channels, layer.kernel, layer.stride, layer.padding)


@MODELS.add_pattern(
    r"(?P<dynamic>tdy_)?vgg_m|vgg_m(?P<narrow>_mel40)",
    options=PooledModelOptions,
    published=("vgg_m", "tdy_vgg_m", "vgg_m_mel40"),
    examples=("vgg_m",),
)
class VggM(SpeakerModel):
    """VGG-M on waveforms: front end, six convolutions, pooling and one dense layer."""

    input_kind: InputKind = "waveform"

    def __init__(self, config: PooledModelOptions, input_dim: int) -> None:
        super().__init__(config, input_dim)
        is_narrow = bool(config.sizes["narrow"])
        self.embedding_dim = config.embedding_dim or (1024 if is_narrow else 512)
        in_channels, num_bins = 1, 40 if is_narrow else NUM_MEL_BINS
        self.front_end = LogMel("hann", num_bins)
        self.layers = nn.Sequential()
        for index, sizes in enumerate(_LAYERS_OF_40_BINS if is_narrow else _LAYERS):
            layer = VggLayer(
                in_channels, num_bins, sizes, dynamic=config.has_temperature and index > 0
            )
            self.layers.append(layer)
            in_channels, num_bins = sizes.channels, layer.num_bins
        self.pooling = config.build_pooling(
            "sap" if is_narrow else "average", in_channels, num_bins
        )
        self.dense = nn.Linear(self.pooling.output_dim, self.embedding_dim)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, samples) at 16 kHz in [-1, 1] to (batch, embedding_dim)."""
        y = self.layers(self.front_end(x).transpose(1, 2).unsqueeze(1))
        embedding: Tensor = self.dense(self.pooling(y.transpose(2, 3)))
        return embedding
