"""What a speaker embedding network is, and how a name becomes one."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal, NamedTuple

import torch
from pydantic import field_validator
from torch import Tensor, nn

from speakernet.config import Config, Registry, UserError
from speakernet.config.errors import suggestion
from speakernet.nn.layers.basic import batch_norm_1d, dense
from speakernet.nn.layers.precision import at_least_float32
from speakernet.nn.pooling import POOLINGS, Pooling

InputKind = Literal["features", "waveform"]


class ModelConfig(Config):
    """A network by name; ``None`` stands for what the network was published with."""

    name: str
    embedding_dim: int | None = None
    pooling: str | None = None
    recompute_activations: bool = False
    """Trade time for memory in training: keep only the inputs of blocks for the backward pass."""

    @field_validator("name")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            find_family(name)
        except UserError as error:
            raise ValueError(str(error)) from None
        return name


class SpeakerModel(nn.Module):
    """Maps a batch of utterances to embeddings.

    ``input_kind`` says of what: "features" are (batch, time, mel), "waveform" is (batch, samples)
    at 16 kHz in [-1, 1]. ``embedding_dim`` is the length of an embedding.
    """

    input_kind: InputKind = "features"
    embedding_dim: int

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


Builder = Callable[[re.Match[str], ModelConfig, int], SpeakerModel]


class ModelFamily(NamedTuple):
    """Networks whose names match ``pattern``; ``published`` are those with published results."""

    pattern: re.Pattern[str]
    published: tuple[str, ...]
    build: Builder


FAMILIES = Registry[ModelFamily]("model family")


def register_family(pattern: str, *published: str) -> Callable[[Builder], Builder]:
    """Return a decorator for a function that builds any network whose name matches ``pattern``."""

    def add(build: Builder) -> Builder:
        FAMILIES.register(pattern)(ModelFamily(re.compile(pattern), published, build))
        return build

    return add


def model_names() -> list[str]:
    """Return the names of all published networks (others of the same patterns can be built)."""
    return [n for pattern in FAMILIES.names() for n in FAMILIES.get(pattern).published]


def find_family(name: str) -> tuple[ModelFamily, re.Match[str]]:
    """Return the family that builds ``name``, and how its pattern matches.

    Raises UserError with the nearest published name if no family knows it.
    """
    for pattern in FAMILIES.names():
        family = FAMILIES.get(pattern)
        if match := family.pattern.fullmatch(name):
            return family, match
    hint = suggestion(name, model_names())
    known = ", ".join(FAMILIES.names())
    raise UserError(f"unknown model '{name}'{hint}; known patterns: {known}")


def build_model(config: ModelConfig, *, input_dim: int) -> SpeakerModel:
    """Return the network that ``config.name`` stands for, with fresh weights.

    ``input_dim`` is the number of mel bins; networks on waveforms have their own and ignore it.
    """
    family, match = find_family(config.name)
    return family.build(match, config, input_dim)


def input_kind(config: ModelConfig) -> InputKind:
    """Return what the network that ``config.name`` stands for takes."""
    with torch.device("meta"):
        return build_model(config, input_dim=80).input_kind


def build_pooling(config: ModelConfig, default: str, channels: int, num_bins: int) -> Pooling:
    """Return the pooling that ``config`` asks for, or the network's ``default``."""
    return POOLINGS.get(config.pooling or default)(channels, num_bins)


def strided_size(size: int, num_halvings: int) -> int:
    """Return how many positions are left after layers of stride 2 with padding (k - 1) / 2."""
    for _ in range(num_halvings):
        size = (size + 1) // 2
    return size
