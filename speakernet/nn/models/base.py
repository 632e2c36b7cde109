"""Base class of speaker embedding networks and of their options, and how a name becomes one."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from pydantic import Field
from torch import Tensor, nn

from speakernet.config import Config, PatternChoices
from speakernet.nn.layers.basic import batch_norm_1d, dense
from speakernet.nn.layers.precision import at_least_float32
from speakernet.nn.pooling import POOLINGS, Pooling, PoolingConfig, build_pooling

InputKind = Literal["features", "waveform"]


class ModelOptions(Config):
    """What every network has: a name, whose numbers are sizes, and the length of an embedding."""

    name: str
    embedding_dim: int | None = Field(default=None, ge=1)
    """Length of an embedding; null: what the network was published with."""

    @property
    def input_kind(self) -> InputKind:
        """What the network takes."""
        return MODELS.get(self.name).input_kind

    @property
    def has_temperature(self) -> bool:
        """Whether the network has temporal dynamic layers, whose softmax has a temperature.

        It has where its pattern has a group named ``dynamic`` that takes part in the name.
        """
        return bool(self.sizes.get("dynamic"))

    @property
    def sizes(self) -> dict[str, str]:
        """What the named groups of the pattern are in ``name``; empty where one is left out."""
        return MODELS.sizes(self.name)


class PooledModelOptions(ModelOptions):
    """Options of networks whose pooling can be chosen."""

    pooling: PoolingConfig | None = None
    """Pooling over time; null: what the network was published with."""

    def build_pooling(self, default: str, channels: int, num_bins: int) -> Pooling:
        """Return the chosen pooling, or the one named ``default``."""
        pooling = self.pooling or POOLINGS.options(default)(name=default)
        return build_pooling(pooling, channels, num_bins)


class BlockModelOptions(PooledModelOptions):
    """Options of networks of residual blocks."""

    recompute_activations: bool = False
    """Trade time for memory in training: keep only the inputs of blocks for the backward pass."""


class SpeakerModel(nn.Module):
    """Maps a batch of utterances to embeddings; built from its options and the number of mel bins.

    ``input_kind`` says of what: "features" are (batch, time, mel), "waveform" is (batch, samples)
    at 16 kHz in [-1, 1]. ``embedding_dim`` is the length of an embedding.
    """

    input_kind: InputKind = "features"
    embedding_dim: int

    def __init__(self, config: ModelOptions, input_dim: int) -> None:
        super().__init__()
        self.config = config

    def forward(self, x: Tensor) -> Tensor:
        """Return the embeddings (batch, embedding_dim) of ``x``."""
        raise NotImplementedError

    def temperatures(self) -> list[Tensor]:
        """Return the softmax temperatures of temporal dynamic layers; empty for other networks."""
        return [b for n, b in self.named_buffers() if n.rpartition(".")[2] == "temperature"]

    def set_temperature(self, value: float) -> None:
        """Set the softmax temperature of all temporal dynamic layers (1 for evaluation)."""
        for temperature in self.temperatures():
            temperature.fill_(value)


@contextmanager
def at_temperature(model: SpeakerModel, value: float) -> Iterator[None]:
    """Run ``model`` at another softmax temperature for a while (validation needs 1)."""
    saved = [temperature.clone() for temperature in model.temperatures()]
    model.set_temperature(value)
    try:
        yield
    finally:
        for temperature, old in zip(model.temperatures(), saved, strict=True):
            temperature.copy_(old)


class EmbeddingTail(nn.Module):
    """Pooling, batch norm, dense layer, batch norm: the end of every network of VoxSRC 2020."""

    def __init__(self, pooling: Pooling, embedding_dim: int) -> None:
        super().__init__()
        self.pooling = pooling
        self.pooled_norm = batch_norm_1d(pooling.output_dim)
        self.dense = dense(pooling.output_dim, embedding_dim)
        self.embedding_norm = batch_norm_1d(embedding_dim)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, channel, time, mel) to (batch, embedding_dim), float32."""
        pooled = self.pooled_norm(self.pooling(x))
        embedding: Tensor = self.embedding_norm(at_least_float32(self.dense(pooled)))
        return embedding


MODELS = PatternChoices[ModelOptions, type[SpeakerModel]]("model")


def build_model(config: ModelOptions, *, input_dim: int) -> SpeakerModel:
    """Return the network that ``config.name`` stands for, with fresh weights.

    ``input_dim`` is the number of mel bins; networks on waveforms have their own and ignore it.
    """
    return MODELS.get(config.name)(config, input_dim)


def strided_size(size: int, num_halvings: int) -> int:
    """Return how many positions are left after layers of stride 2 with padding (k - 1) / 2."""
    for _ in range(num_halvings):
        size = (size + 1) // 2
    return size
