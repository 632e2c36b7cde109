"""Temporal dynamic convolution: a kernel of its own for every time bin.

Kim, Nam, Park, "Temporal dynamic convolutional neural network for text-independent speaker
verification and phonemic analysis" (ICASSP 2022). K basis kernels are mixed by weights that a small
network computes from the input around each output time bin t:

    y(t) = Σ_k π_k(t) · (W_k * x)(t),    π(t) = softmax(a(t) / τ)

A high temperature τ lets all basis kernels learn at first; evaluation uses 1. Convolutions start
as in the system's code: Kaiming normal, by fan out in the attention, by fan in each basis kernel.
Maps are (batch, channel, mel, time) here.

Papers:

- TDY-CNN: https://arxiv.org/abs/2110.03213
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

NUM_BASIS = 6
START_TEMPERATURE = 31.0
_REDUCTION = 8

Pair = tuple[int, int]


class TemporalAttention(nn.Module):
    """Weights of the basis kernels for every output time bin."""

    temperature: Tensor

    def __init__(self, features: int, kernel: int, stride: int, padding: int) -> None:
        super().__init__()
        hidden = features // _REDUCTION
        self.reduce = nn.Conv1d(features, hidden, kernel, stride, padding, bias=False)
        self.norm = nn.BatchNorm1d(hidden)
        self.expand = nn.Conv1d(hidden, NUM_BASIS, 3, padding=1)
        for conv in (self.reduce, self.expand):
            nn.init.kaiming_normal_(conv.weight, mode="fan_out", nonlinearity="relu")
            if conv.bias is not None:
                nn.init.zeros_(conv.bias)
        self.register_buffer("temperature", torch.tensor(START_TEMPERATURE))

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, channel, mel, time) to (batch, basis, output time), summing to 1."""
        logits = self.expand(torch.relu(self.norm(self.reduce(x.flatten(1, 2)))))
        return torch.softmax(logits / self.temperature, dim=1)


class TemporalDynamicConv2d(nn.Module):
    """A convolution of (mel × time) whose kernel changes over time; no bias.

    ``num_bins`` is the number of mel positions of the input. The state holds the temperature.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel: Pair,
        *,
        num_bins: int,
        stride: Pair = (1, 1),
        padding: Pair = (0, 0),
    ) -> None:
        super().__init__()
        self.stride, self.padding = stride, padding
        self.attention = TemporalAttention(in_channels * num_bins, kernel[1], stride[1], padding[1])
        self.weight = nn.Parameter(torch.empty(NUM_BASIS, out_channels, in_channels, *kernel))
        for basis in self.weight:
            nn.init.kaiming_normal_(basis)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, in_channels, mel, time) to (batch, out_channels, mel, time) / stride."""
        weights = self.attention(x)
        # All basis kernels in one convolution, then one weighted sum.
        kernels = self.weight.flatten(0, 1)
        outputs = functional.conv2d(x, kernels, stride=self.stride, padding=self.padding)
        outputs = outputs.unflatten(1, (NUM_BASIS, -1))
        return torch.einsum("bkcft,bkt->bcft", outputs, weights.to(outputs.dtype))
