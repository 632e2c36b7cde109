"""Squeeze and excitation: channels weighted by what the whole utterance has in them.

Papers:

- Hu et al., "Squeeze-and-excitation networks" (CVPR 2018): https://arxiv.org/abs/1709.01507
"""

import torch
from torch import Tensor, nn


class SqueezeExcitation(nn.Module):
    """Channels times weights, which a layer of ``hidden`` values computes from their means."""

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.weigh = nn.Sequential(
            nn.Linear(channels, hidden), nn.ReLU(), nn.Linear(hidden, channels)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, channel, …) to the same shape."""
        weights = torch.sigmoid(self.weigh(x.flatten(2).mean(dim=2)))
        return x * weights.unflatten(1, (-1, *[1] * (x.ndim - 2)))
