"""ECAPA-TDNN of SpeechBrain, named ``ecapa_speechbrain_cN`` with N channels (published: 1024).

As ``ecapa_tdnn_cN`` (Desplanques et al., Interspeech 2020), but edges are reflected, the first
eighth of a split passes through instead of the last, the joined blocks have three times N channels
and a batch norm, and so has the attention. Input is the waveform, the front end SpeechBrain's.

Papers:

- Desplanques et al.: https://arxiv.org/abs/2005.07143
- Ravanelli et al., "SpeechBrain": https://arxiv.org/abs/2106.04624
"""

import torch
from torch import Tensor, nn

from speakernet.nn.layers.log_mel import DecibelMel
from speakernet.nn.models.base import MODELS, InputKind
from speakernet.nn.models.ecapa import (
    DILATIONS,
    Block,
    ConvReluNorm,
    EcapaLayers,
    EcapaOptions,
    SplitConv,
)

NUM_MEL_BINS = 80


class ReflectedConv(ConvReluNorm):
    """Convolution over time whose edges are reflected, ReLU, batch norm."""

    padding_mode = "reflect"


class FirstPasses(SplitConv):
    """Eighths in a chain, of which the first passes through."""

    conv = ReflectedConv

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, channel, time) to the same shape."""
        first, *parts = x.split(self.width, dim=1)
        return torch.cat([first, *self.chain(parts)], dim=1)


class ReflectedBlock(Block):
    """1×1, split convolution, 1×1, squeeze and excitation; added to its input."""

    split = FirstPasses


@MODELS.add_pattern(
    r"ecapa_speechbrain_c(?P<channels>[1-9]\d*)",
    options=EcapaOptions,
    published=("ecapa_speechbrain_c1024",),
    examples=("ecapa_speechbrain_c16",),
)
class EcapaSpeechBrain(EcapaLayers):
    """ECAPA-TDNN on waveforms: three blocks, their outputs joined, attentive pooling, dense."""

    input_kind: InputKind = "waveform"

    def __init__(self, config: EcapaOptions, input_dim: int) -> None:
        super().__init__(config, input_dim)
        channels, joined = config.channels, config.channels * len(DILATIONS)
        self.embedding_dim = config.embedding_dim or 192
        self.front_end = DecibelMel(NUM_MEL_BINS)
        self.first = ReflectedConv(NUM_MEL_BINS, channels, 5)
        self.blocks = nn.ModuleList(ReflectedBlock(channels, dilation) for dilation in DILATIONS)
        self.aggregate = ConvReluNorm(joined, joined)
        self.pooling = config.build_pooling("asp_norm_tanh", joined, 1)
        self.norm = nn.BatchNorm1d(self.pooling.output_dim)
        self.dense = nn.Linear(self.pooling.output_dim, self.embedding_dim)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, samples) at 16 kHz in [-1, 1] to (batch, embedding_dim), float32."""
        return self.embed(self.front_end(x))
