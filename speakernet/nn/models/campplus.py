"""CAM++, named ``campplus``, or ``campplus_gN[_lL]`` with a growth of N channels (published: 32).

``_lL``, with L layers in each block instead of 12, 24 and 16, is for tests and small machines.

Wang et al., "CAM++: a fast and efficient network for speaker verification using context-aware
masking" (Interspeech 2023): residual blocks that halve mel three times, then a densely connected
TDNN, each of whose 52 layers adds channels that are masked by what its hundred frames and the whole
utterance have. Maps are (batch, channel, mel, time) at first, then (batch, channel, time).

Papers:

- Wang et al.: https://arxiv.org/abs/2303.00332
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from speakernet.nn.layers.precision import at_least_float32
from speakernet.nn.layers.residual import Residual, basic_body, plain_conv2d
from speakernet.nn.models.base import MODELS, PooledModelOptions, SpeakerModel, strided_size

_HEAD_CHANNELS = 32
_HALVE_MEL = (2, 1)
# (layers, dilation) of each block.
_BLOCKS = ((12, 1), (24, 2), (16, 2))
_START_MULTIPLE = 4
_BOTTLENECK_MULTIPLE = 4
_SEGMENT_FRAMES = 100


def _head() -> nn.Sequential:
    """Return residual blocks from one channel to 32 on an eighth of the mel bins."""
    channels = _HEAD_CHANNELS
    blocks: list[nn.Module] = [plain_conv2d(1, channels, 3), nn.BatchNorm2d(channels), nn.ReLU()]
    for stride in (_HALVE_MEL, (1, 1), _HALVE_MEL, (1, 1)):
        step = stride if stride == _HALVE_MEL else 1
        blocks.append(Residual(basic_body(channels, channels, step), channels, channels, step))
    last = plain_conv2d(channels, channels, 3, _HALVE_MEL)
    return nn.Sequential(*blocks, last, nn.BatchNorm2d(channels), nn.ReLU())


def _norm_relu_conv(inputs: int, outputs: int) -> nn.Sequential:
    conv = nn.Conv1d(inputs, outputs, 1, bias=False)
    return nn.Sequential(nn.BatchNorm1d(inputs), nn.ReLU(), conv)


def segment_means(x: Tensor, length: int) -> Tensor:
    """Return ``x`` (batch, channel, time) with each frame replaced by its segment's mean.

    Segments have ``length`` frames; the last one may be shorter.
    """
    num_frames = x.shape[2]
    segments = functional.pad(x, (0, -num_frames % length)).unflatten(2, (-1, length))
    starts = torch.arange(segments.shape[2], device=x.device) * length
    counts = (num_frames - starts).clamp_max(length)
    means = segments.sum(dim=3) / counts.to(x.dtype)
    return means.repeat_interleave(length, dim=2)[:, :, :num_frames]


class MaskedConv(nn.Module):
    """A convolution over time, masked by the context of each frame."""

    def __init__(self, inputs: int, outputs: int, dilation: int) -> None:
        super().__init__()
        self.conv = nn.Conv1d(inputs, outputs, 3, padding=dilation, dilation=dilation, bias=False)
        self.reduce = nn.Conv1d(inputs, inputs // 2, 1)
        self.expand = nn.Conv1d(inputs // 2, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, inputs, time) to (batch, outputs, time)."""
        context = x.mean(dim=2, keepdim=True) + segment_means(x, _SEGMENT_FRAMES)
        mask = torch.sigmoid(self.expand(torch.relu(self.reduce(context))))
        y: Tensor = self.conv(x) * mask
        return y


class DenseLayer(nn.Module):
    """Bottleneck and masked convolution, whose channels are joined to those of the input."""

    def __init__(self, inputs: int, growth: int, dilation: int) -> None:
        super().__init__()
        bottleneck = _BOTTLENECK_MULTIPLE * growth
        self.reduce = _norm_relu_conv(inputs, bottleneck)
        self.norm = nn.BatchNorm1d(bottleneck)
        self.masked = MaskedConv(bottleneck, growth, dilation)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, inputs, time) to (batch, inputs + growth, time)."""
        y = self.masked(torch.relu(self.norm(self.reduce(x))))
        return torch.cat([x, y], dim=1)


@MODELS.add_pattern(
    r"campplus(?:_g(?P<growth>[1-9]\d*)(?:_l(?P<layers>[1-9]\d*))?)?",
    options=PooledModelOptions,
    published=("campplus",),
    examples=("campplus_g4_l2",),
)
class CamPlusPlus(SpeakerModel):
    """CAM++: residual head, three dense blocks, pooling, one dense layer and its batch norm."""

    def __init__(self, config: PooledModelOptions, input_dim: int) -> None:
        super().__init__(config, input_dim)
        growth, depth = int(config.sizes["growth"] or 32), int(config.sizes["layers"] or 0)
        self.embedding_dim = config.embedding_dim or 512
        self.head = _head()
        num_inputs = _HEAD_CHANNELS * strided_size(input_dim, 3)
        channels = _START_MULTIPLE * growth
        start = nn.Conv1d(num_inputs, channels, 5, stride=2, padding=2, bias=False)
        self.start = nn.Sequential(start, nn.BatchNorm1d(channels), nn.ReLU())
        self.blocks = nn.ModuleList()
        for num_layers, dilation in _BLOCKS:
            layers: list[nn.Module] = []
            for _ in range(depth or num_layers):
                layers.append(DenseLayer(channels, growth, dilation))
                channels += growth
            self.blocks.append(nn.Sequential(*layers, _norm_relu_conv(channels, channels // 2)))
            channels //= 2
        self.norm = nn.BatchNorm1d(channels)
        self.pooling = config.build_pooling("tstp", channels, 1)
        self.dense = nn.Linear(self.pooling.output_dim, self.embedding_dim, bias=False)
        self.embedding_norm = nn.BatchNorm1d(self.embedding_dim, affine=False)
        for module in self.modules():
            if isinstance(module, (nn.Conv1d, nn.Linear)):
                nn.init.kaiming_normal_(module.weight)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, time, mel) to (batch, embedding_dim), float32."""
        y = self.head(x.transpose(1, 2).unsqueeze(1))
        y = self.start(y.flatten(1, 2))
        for block in self.blocks:
            y = block(y)
        pooled = self.pooling(torch.relu(self.norm(y)).unsqueeze(3))
        embedding: Tensor = self.embedding_norm(at_least_float32(self.dense(pooled)))
        return embedding
