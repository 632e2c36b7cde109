"""What is known of one kind of published networks, and helpers to recognise its sizes."""

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from torch import Tensor

from speakernet.config import UserError

State = dict[str, Tensor]
Stages = tuple[int, int, int, int]
"""Blocks of each of four stages."""
Rules = tuple[tuple[str, str], ...]
"""(theirs, ours): within a name each rule is applied once, in this order."""


class Recognised(NamedTuple):
    """A network by its name here and its options; ``input_dim``: mel bins, 0 for waveforms."""

    name: str
    options: dict[str, Any]
    input_dim: int


class Family(NamedTuple):
    """Networks whose tensors have names of one kind.

    ``title`` is what messages call it. ``markers`` are patterns, each of which is the name of some
    tensor. ``recognise`` takes the tensors and says which network they are; UserError for one that
    there is none of here. ``base`` is the file in conf/ that says how such networks are used.
    ``ignored`` are patterns of names that are not of the network.
    """

    title: str
    markers: tuple[str, ...]
    recognise: Callable[["Network"], Recognised]
    rules: Rules
    base: str
    ignored: tuple[str, ...] = ()

    def fits(self, network: "Network") -> bool:
        """Return whether all markers are there."""
        return all(network.count(marker) for marker in self.markers)


class Network(NamedTuple):
    """The tensors of a network by their upstream names, and where they come from."""

    tensors: Mapping[str, Tensor]
    source: str

    def count(self, pattern: str) -> int:
        """Return the number of distinct matches of ``pattern`` at the beginnings of names.

        That is the number of blocks of a stage for ``layer1\\.\\d+\\.``.
        """
        matches = (re.match(pattern, name) for name in self.tensors)
        return len({match[0] for match in matches if match})

    def shape(self, name: str, num_dims: int) -> tuple[int, ...]:
        """Return the shape of tensor ``name``; UserError unless it is there, with ``num_dims``."""
        tensor = self.tensors.get(name)
        if tensor is None:
            raise UserError(f"{self.source}: lacks {name!r}")
        if tensor.ndim != num_dims:
            found = f"{name!r} has {tensor.ndim} dimensions"
            raise UserError(f"{self.source}: {found}; expected {num_dims}")
        return tuple(tensor.shape)

    def embedding_dim(self, name: str, num_dims: int = 2) -> int:
        """Return the outputs of the last dense layer, whose weight is ``name``.

        Raises UserError where there is none, such as in a network without its last layer.
        """
        if name not in self.tensors:
            layer = name.removesuffix(".weight")
            raise UserError(f"{self.source}: has no layer '{layer}', which makes the embedding")
        return self.shape(name, num_dims)[0]

    def unknown(self, what: str) -> UserError:
        """Return an error for a network that is recognised, but not of a size that we have."""
        return UserError(f"{self.source}: {what}, which there is none of here (docs/networks.md)")

    def blocks(self, prefix: str = "") -> Stages:
        """Return the numbers of blocks of the four stages ``layer1`` to ``layer4``."""
        first, second, third, fourth = (
            self.count(rf"{prefix}layer{stage}\.\d+\.") for stage in (1, 2, 3, 4)
        )
        return first, second, third, fourth


def renamed(name: str, rules: Rules) -> str:
    """Return ours for their ``name``."""
    for theirs, ours in rules:
        name = re.sub(theirs, ours, name, count=1)
    return name


def numbered(pattern: str, ours: str, numbers: Mapping[str, object]) -> Rules:
    """Return a rule for each of their ``numbers``, put for ``{}`` in both, with what it is here."""
    return tuple(
        (pattern.replace("{}", theirs), ours.replace("{}", str(number)))
        for theirs, number in numbers.items()
    )


STAGES = numbered(r"^layer{}\.", "stages.{}.", {str(n + 1): n for n in range(4)})
