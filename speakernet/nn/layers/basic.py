"""Convolutions, dense layers and batch norms as the TensorFlow system of VoxSRC 2020 defines them.

No layer has a bias; batch norm has neither scale nor shift and a running-average decay of 0.997;
kernels start from a truncated normal of variance 1 / fan_in. Float32; maps are laid out
(batch, channel, time, mel).
"""

import math

from torch import Tensor, nn

# Standard deviation of a unit normal that is cut at two standard deviations.
_TRUNCATED_STD = 0.87962566103423978

BATCH_NORM_MOMENTUM = 0.003
EPSILON = 1e-5


def init_kernel(weight: Tensor) -> None:
    """Fill ``weight`` (out, in, ...) from a truncated normal of variance 1 / fan_in, in place."""
    std = math.sqrt(1.0 / math.prod(weight.shape[1:])) / _TRUNCATED_STD
    nn.init.trunc_normal_(weight, std=std, a=-2 * std, b=2 * std)


def conv2d(
    in_channels: int, out_channels: int, kernel: int, *, stride: int = 1, groups: int = 1
) -> nn.Conv2d:
    """Return a ``kernel`` × ``kernel`` convolution padded by (kernel - 1) / 2 on every side."""
    layer = nn.Conv2d(
        in_channels,
        out_channels,
        kernel,
        stride=stride,
        padding=(kernel - 1) // 2,
        groups=groups,
        bias=False,
    )
    init_kernel(layer.weight)
    return layer


def conv1d(in_channels: int, out_channels: int, kernel: int, *, dilation: int = 1) -> nn.Conv1d:
    """Return a convolution over time that keeps the number of frames."""
    layer = nn.Conv1d(
        in_channels,
        out_channels,
        kernel,
        dilation=dilation,
        padding=dilation * (kernel - 1) // 2,
        bias=False,
    )
    init_kernel(layer.weight)
    return layer


def dense(in_features: int, out_features: int) -> nn.Linear:
    """Return a fully connected layer without bias."""
    layer = nn.Linear(in_features, out_features, bias=False)
    init_kernel(layer.weight)
    return layer


def batch_norm_1d(channels: int) -> nn.BatchNorm1d:
    """Return a batch norm for (batch, channel) or (batch, channel, time)."""
    return nn.BatchNorm1d(channels, eps=EPSILON, momentum=BATCH_NORM_MOMENTUM, affine=False)


def batch_norm_2d(channels: int) -> nn.BatchNorm2d:
    """Return a batch norm for (batch, channel, time, mel)."""
    return nn.BatchNorm2d(channels, eps=EPSILON, momentum=BATCH_NORM_MOMENTUM, affine=False)
