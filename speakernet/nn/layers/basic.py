"""Convolutions, dense layers and batch norms as the TensorFlow system of VoxSRC 2020 defines them.

No layer has a bias; batch norm has neither scale nor shift and a running-average decay of 0.997;
kernels start from a truncated normal of variance 1 / fan_in. Float32; maps are laid out
(batch, channel, time, mel).

Papers:

- the VoxSRC 2020 system of xx205: https://arxiv.org/abs/2011.00200
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

# Standard deviation of a unit normal that is cut at two standard deviations.
_TRUNCATED_STD = 0.87962566103423978

BATCH_NORM_MOMENTUM = 0.003
EPSILON = 1e-5


@torch.no_grad()
def init_kernel(weight: Tensor) -> None:
    """Fill ``weight`` (out, in, ...) from a truncated normal of variance 1 / fan_in, in place."""
    if weight.is_meta:
        return
    flat = weight.normal_().view(-1)
    # Draws beyond two deviations are drawn again: many times faster than nn.init.trunc_normal_.
    outside = torch.nonzero(flat.abs() > 2).squeeze(1)
    while len(outside):
        fresh = torch.randn(len(outside), device=weight.device, dtype=weight.dtype)
        flat[outside] = fresh
        outside = outside[fresh.abs() > 2]
    weight.mul_(math.sqrt(1.0 / math.prod(weight.shape[1:])) / _TRUNCATED_STD)


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


class EdgePaddedConv2d(nn.Conv2d):
    """Convolution with TensorFlow's "same" padding, where an odd zero goes behind the map.

    At stride 2 an even number of positions gets no zero in front and one behind, so that the kernel
    is centred on positions 1, 3, 5, …; with the usual padding it would be on 0, 2, 4, …
    """

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, channel, time, mel) to ⌈time / stride⌉ and ⌈mel / stride⌉ positions."""
        time = self._zeros(x.shape[2], dim=0)
        mel = self._zeros(x.shape[3], dim=1)
        return super().forward(functional.pad(x, (*mel, *time)))

    def _zeros(self, size: int, dim: int) -> tuple[int, int]:
        # Kernels are not smaller than strides here, so that the sum is never negative. There is no
        # max() and no negative number, which exported graphs would round in another way.
        kernel, stride = self.kernel_size[dim], self.stride[dim]
        total = ((size + stride - 1) // stride - 1) * stride + kernel - size
        return total // 2, total - total // 2


def edge_padded_conv2d(
    in_channels: int, out_channels: int, kernel: int, *, stride: int, groups: int
) -> EdgePaddedConv2d:
    """Return a convolution with TensorFlow's "same" padding."""
    layer = EdgePaddedConv2d(
        in_channels, out_channels, kernel, stride=stride, groups=groups, bias=False
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
