"""Features of trials for calibration: scores of several systems, and quality of both utterances.

A quality is a number per utterance (a table ``utt number``: frames, norm of the embedding, mean
score against the cohort). The order of both utterances is without meaning, so the features of a
trial are the smaller and the larger of their values; of lengths the logarithm is taken.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from speakernet.arrays import Float64
from speakernet.config import UserError
from speakernet.config.numbers import parse_number
from speakernet.kaldi.characters import near_miss
from speakernet.kaldi.tables import read_table, write_table
from speakernet.kaldi.trials import Trials

LOGARITHMIC = ("utt2num_frames", "utt2dur")


def read_quality(path: Path) -> dict[str, float]:
    """Read a table of numbers; its logarithm for lengths. UserError for anything else."""
    values: dict[str, float] = {}
    for number, (name, text) in enumerate(read_table(path, num_fields=2).items(), 1):
        try:
            value = parse_number(text)
        except ValueError:
            raise UserError(f"{path}:{number}: '{text}'; expected a finite number") from None
        if path.name in LOGARITHMIC and value <= 0:
            raise UserError(f"{path}:{number}: '{text}'; expected a positive length")
        values[name] = float(np.log(value)) if path.name in LOGARITHMIC else value
    return values


def write_quality(path: Path, names: Sequence[str], values: Float64) -> None:
    """Write a table of numbers, sorted by name."""
    items = sorted(zip(names, values.tolist(), strict=True))
    write_table(path, ((name, repr(value)) for name, value in items))


def trial_features(
    scores: Mapping[str, Float64], qualities: Mapping[str, Mapping[str, float]], trials: Trials
) -> tuple[tuple[str, ...], Float64]:
    """Return the names of features and their values (trials, features), scores first."""
    names, columns = list(scores), list(scores.values())
    for name, table in qualities.items():
        sides = [_look_up(table, side, name) for side in (trials.enroll, trials.test)]
        names += [f"{name}_min", f"{name}_max"]
        columns += [np.minimum(*sides), np.maximum(*sides)]
    return tuple(names), np.column_stack(columns)


def _look_up(table: Mapping[str, float], names: Sequence[str], source: str) -> Float64:
    try:
        return np.fromiter(map(table.__getitem__, names), np.float64, len(names))
    except KeyError as error:
        name = str(error.args[0])
        raise UserError(
            f"{source}: '{name}' of the trials is missing{near_miss(name, table)}"
        ) from None
