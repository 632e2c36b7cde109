"""Residual blocks of today's two-dimensional networks: a body, added to its input.

Convolutions have no bias and start as PyTorch's do; maps are (batch, channel, mel, time).
"""

import torch
from torch import Tensor, nn

Stride = int | tuple[int, int]


def plain_conv2d(in_channels: int, out_channels: int, kernel: int, stride: Stride = 1) -> nn.Conv2d:
    """Return a square convolution without bias, padded by (kernel - 1) / 2 on every side."""
    padding = (kernel - 1) // 2
    return nn.Conv2d(in_channels, out_channels, kernel, stride, padding, bias=False)


def basic_body(in_channels: int, channels: int, stride: Stride) -> nn.Sequential:
    """Return two 3×3 convolutions with batch norms, ReLU between them."""
    return nn.Sequential(
        plain_conv2d(in_channels, channels, 3, stride),
        nn.BatchNorm2d(channels),
        nn.ReLU(),
        plain_conv2d(channels, channels, 3),
        nn.BatchNorm2d(channels),
    )


class Residual(nn.Module):
    """Activation of ``body`` plus shortcut, which is a convolution where shapes differ."""

    def __init__(
        self,
        body: nn.Module,
        in_channels: int,
        out_channels: int,
        stride: Stride = 1,
        activation: nn.Module | None = None,
    ) -> None:
        super().__init__()
        self.body = body
        self.activation = activation or nn.ReLU()
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.shortcut = nn.Sequential(
                plain_conv2d(in_channels, out_channels, 1, stride), nn.BatchNorm2d(out_channels)
            )

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, in_channels, mel, time) to (batch, out_channels, mel, time) / stride."""
        y: Tensor = self.activation(self.body(x) + self.shortcut(x))
        return y


class SimAm(nn.Module):
    """Weights every value by how much it stands out of its channel's map; no parameters.

    Yang et al., "SimAM: a simple, parameter-free attention module" (ICML 2021), with λ = 1e-4.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, channel, mel, time) to the same shape."""
        squares = (x - x.mean(dim=(2, 3), keepdim=True)).float().square()
        variance = squares.sum(dim=(2, 3), keepdim=True) / (x.shape[2] * x.shape[3] - 1)
        weights = torch.sigmoid(squares / (4 * (variance + 1e-4)) + 0.5)
        return x * weights.to(x.dtype)
