"""Is a training normal? Its log (train.jsonl) beside a reference log of the same recipe."""

import json
import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

from speakernet.config import UserError
from speakernet.config.files import read_text

NUM_SHOWN = 10
_KEYS = ("loss", "accuracy")

Log = Mapping[int, Mapping[str, float]]  # loss and accuracy by step


@dataclass(frozen=True)
class Comparison:
    """Two logs at the steps that both have, and what differs over the last quarter of these.

    loss, accuracy: the mean of ours less that of the reference; normal: whether the difference of
    the loss is within ``tolerance``.
    """

    ours: Log
    reference: Log
    tolerance: float
    steps: tuple[int, ...]
    last: tuple[int, ...]
    loss: float
    accuracy: float

    @property
    def normal(self) -> bool:
        """Whether the losses agree."""
        return abs(self.loss) <= self.tolerance

    def text(self) -> str:
        """Return a table of some steps, and the verdict."""
        shown = self.steps[:: -(-len(self.steps) // NUM_SHOWN)]
        tolerance = f"not normal (tolerance {self.tolerance:g})"
        return "\n".join(
            [
                "| step | loss | reference | accuracy | reference |\n|---:|---:|---:|---:|---:|",
                *(f"| {step} | {' | '.join(self._cells(step))} |" for step in shown),
                f"\nsteps {self.last[0]} to {self.last[-1]}: loss {self.loss:+.3f}, accuracy "
                f"{self.accuracy:+.3f} beside the reference: "
                f"{'normal' if self.normal else tolerance}",
            ]
        )

    def _cells(self, step: int) -> list[str]:
        return [f"{log[step][key]:.3f}" for key in _KEYS for log in (self.ours, self.reference)]


def compare_logs(log: Path, reference: Path, tolerance: float) -> Comparison:
    """Compare two logs; UserError if they have no step in common, or are not logs."""
    ours, theirs = read_log(log), read_log(reference)
    steps = tuple(sorted(ours.keys() & theirs.keys()))
    if not steps:
        raise UserError(f"{log}: has no step in common with {reference}")
    last = steps[-max(1, len(steps) // 4) :]
    loss, accuracy = (mean(ours[s][key] - theirs[s][key] for s in last) for key in _KEYS)
    return Comparison(ours, theirs, tolerance, steps, last, loss, accuracy)


def read_log(path: Path) -> Log:
    """Return loss and accuracy by step; entries without a loss are those of validation."""
    entries: dict[int, dict[str, float]] = {}
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        try:
            entry = json.loads(line)
            if "loss" in entry:
                entries[int(entry["step"])] = {key: _finite(entry[key]) for key in _KEYS}
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
            raise UserError(f"{path}:{number}: expected a JSON object of a training log") from None
    return entries


def training_seconds(path: Path) -> float:
    """Return the time from the first line of a log that says its time to the last, in seconds.

    A training that was interrupted counts with its pauses. 0 where no line does.
    """
    times = []
    for line in read_text(path).splitlines():
        with suppress(ValueError, RecursionError):
            entry = json.loads(line)
            found = entry.get("time") if isinstance(entry, dict) else None
            if isinstance(found, int | float) and math.isfinite(found):
                times.append(float(found))
    return max(0.0, times[-1] - times[0]) if times else 0.0


def _finite(value: Any) -> float:
    """Return ``value`` as a number. Raises ValueError or TypeError for another."""
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{number} is not finite")
    return number
