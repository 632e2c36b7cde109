"""Sizes of networks: parameters and multiply-adds, counted without memory or data."""

from typing import NamedTuple

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils.flop_counter import FlopCounterMode

from speakernet.nn.layers.log_mel import SAMPLE_RATE_HZ
from speakernet.nn.models import ModelConfig, SpeakerModel, build_model

FRAMES_PER_SECOND = 100


class Complexity(NamedTuple):
    """Numbers of values and operations of a network.

    ``multiply_adds`` are those of a second of speech, of convolutions and matrix products; what is
    done once an utterance (the embedding layer) is not in it. ``embedding_layer`` is the number of
    weights of the last dense layer.
    """

    parameters: int
    statistics: int
    embedding_layer: int
    multiply_adds: int


def measure(config: ModelConfig, input_dim: int) -> Complexity:
    """Return the sizes of the network that ``config`` names, for ``input_dim`` mel bins."""
    with torch.device("meta"):
        model = build_model(config, input_dim=input_dim).eval()
    embedding_layer = [m for m in model.modules() if isinstance(m, nn.Linear)][-1].weight.numel()
    # Eight seconds are a multiple of all strides: no rounding of lengths is counted.
    operations = _multiply_adds(model, input_dim, seconds=8) - embedding_layer
    return Complexity(
        parameters=sum(p.numel() for p in model.parameters()),
        statistics=_count_statistics(model),
        embedding_layer=embedding_layer,
        multiply_adds=operations // 8,
    )


def _count_statistics(model: nn.Module) -> int:
    norms = [m for m in model.modules() if isinstance(m, _BatchNorm)]
    return sum(b.numel() for norm in norms for b in norm.buffers() if b.ndim)


@torch.no_grad()
def _multiply_adds(model: SpeakerModel, input_dim: int, seconds: int) -> int:
    if model.input_kind == "waveform":
        x = torch.empty(1, seconds * SAMPLE_RATE_HZ, device="meta")
    else:
        x = torch.empty(1, seconds * FRAMES_PER_SECOND, input_dim, device="meta")
    with FlopCounterMode(display=False) as counter:
        model(x)
    return counter.get_total_flops() // 2
