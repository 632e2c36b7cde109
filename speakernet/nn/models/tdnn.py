"""Time-delay network of the VoxSRC 2020 system: an x-vector of five layers.

Snyder et al., "X-vectors: robust DNN embeddings for speaker recognition" (ICASSP 2018), with
convolution → ReLU → batch norm and "same" padding. ``tdnn`` has 512 channels; ``tdnn_cN`` has N.

Papers:

- Snyder et al.: https://doi.org/10.1109/ICASSP.2018.8461375
"""

from torch import Tensor, nn

from speakernet.nn.layers.basic import batch_norm_1d, conv1d
from speakernet.nn.models.base import (
    MODELS,
    EmbeddingTail,
    PooledModelOptions,
    SpeakerModel,
)

# (width in units of the network's channels, kernel, dilation)
_LAYERS = ((1, 5, 1), (1, 3, 2), (1, 3, 3), (1, 1, 1), (3, 1, 1))


@MODELS.add_pattern(
    r"tdnn(?:_c(?P<channels>[1-9]\d*))?",
    options=PooledModelOptions,
    published=("tdnn",),
    examples=("tdnn_c32",),
)
class Tdnn(SpeakerModel):
    """x-vector: five layers over time, statistics pooling, one dense layer."""

    def __init__(self, config: PooledModelOptions, input_dim: int) -> None:
        super().__init__(config, input_dim)
        channels = int(config.sizes["channels"] or 512)
        self.embedding_dim = config.embedding_dim or 256
        layers: list[nn.Module] = []
        width = input_dim
        for multiple, kernel, dilation in _LAYERS:
            conv = conv1d(width, multiple * channels, kernel, dilation=dilation)
            width = multiple * channels
            layers += [conv, nn.ReLU(), batch_norm_1d(width)]
        self.frames = nn.Sequential(*layers)
        pooling = config.build_pooling("statistics", width, 1)
        self.tail = EmbeddingTail(pooling, self.embedding_dim)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, time, mel) to (batch, embedding_dim)."""
        frames: Tensor = self.frames(x.transpose(1, 2))
        embedding: Tensor = self.tail(frames.unsqueeze(3))
        return embedding
