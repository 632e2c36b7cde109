"""How far the weights of trained models are apart: the first file against each of the others.

    python -m tests.endurance.weights FINAL.PT OTHER.PT…

prints the largest difference of two numbers at the same place.
"""

import sys
from pathlib import Path

import torch


def largest_difference(one: Path, other: Path) -> float:
    """Return the largest difference of two numbers at the same place, 0.0 if all bits are equal."""
    first, second = (torch.load(path, weights_only=True)["model"] for path in (one, other))
    if first.keys() != second.keys():
        return float("inf")
    pairs = ((first[name], second[name]) for name in first)
    different = [(a.double() - b.double()).abs().max().item() for a, b in pairs if not a.equal(b)]
    return max(different, default=0.0)


if __name__ == "__main__":
    paths = [Path(name) for name in sys.argv[1:]]
    for path in paths[1:]:
        print(f"{path.parents[1].name}: {largest_difference(paths[0], path):.3g}")
