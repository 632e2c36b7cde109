"""How far trained models are apart: the first file against each of the others.

    python -m tests.endurance.weights FINAL.PT OTHER.PT…

prints the largest difference of two numbers at the same place: of weights, and of the running
statistics of batch normalisation, which follow every micro-batch.
"""

import sys
from collections.abc import Iterable
from pathlib import Path

import torch

_STATISTICS = ("running_mean", "running_var", "num_batches_tracked")
State = dict[str, torch.Tensor]


def largest_difference(one: State, other: State, names: Iterable[str]) -> float:
    """Return the largest difference of two numbers at the same place, 0.0 if all bits are equal."""
    pairs = ((one[name], other[name]) for name in names)
    different = [(a.double() - b.double()).abs().max().item() for a, b in pairs if not a.equal(b)]
    return max(different, default=0.0)


def describe(one: State, other: State) -> str:
    """Return both differences as text. Raises KeyError for models of other networks."""
    statistics = {name for name in one if name.endswith(_STATISTICS)}
    weights = largest_difference(one, other, one.keys() - statistics)
    running = largest_difference(one, other, statistics)
    return f"weights differ by {weights:.3g}, running statistics by {running:.3g}"


if __name__ == "__main__":
    paths = [Path(name) for name in sys.argv[1:]]
    states = [torch.load(path, weights_only=True)["model"] for path in paths]
    for path, state in zip(paths[1:], states[1:], strict=True):
        print(f"{path.parents[1].name}: {describe(states[0], state)}")
