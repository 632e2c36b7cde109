"""Features of trials for calibration: scores of several systems, and quality of both utterances.

A quality is a number per utterance (a table ``utt number``: frames, norm of the embedding, mean
score against the cohort). The order of both utterances is without meaning, so the features of a
trial are the smaller and the larger of their values; of lengths the logarithm is taken. Reference:
J. Thienpondt et al., "The IDLab VoxSRC-20 submission: large margin fine-tuning and quality-aware
score calibration in DNN based speaker verification", ICASSP 2021, https://arxiv.org/abs/2010.11255
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from speakernet.arrays import Float64
from speakernet.backend.config import Quality
from speakernet.config import UserError
from speakernet.config.numbers import parse_number
from speakernet.kaldi.characters import near_miss
from speakernet.kaldi.tables import read_table, write_table
from speakernet.kaldi.trials import Trials

NUM_FRAMES = "utt2num_frames"
"""A table of lengths in frames of 10 ms."""
LOGARITHMIC = (NUM_FRAMES, "utt2dur")
FRAME_S = 0.01
TABLES: dict[Quality, str] = {
    "duration": NUM_FRAMES,
    "norm": "utt2norm",
    "cohort_mean": "utt2cohort_mean",
}
"""The tables that scoring writes beside the scores."""


def read_quality(path: Path) -> dict[str, float]:
    """Read a table of numbers; its logarithm for lengths. UserError for anything else."""
    values = read_numbers(path)
    return {n: math.log(v) for n, v in values.items()} if path.name in LOGARITHMIC else values


def read_numbers(path: Path) -> dict[str, float]:
    """Read a table of numbers; those of lengths are above 0. UserError for anything else."""
    values: dict[str, float] = {}
    for number, (name, text) in enumerate(read_table(path, num_fields=2).items(), 1):
        try:
            value = parse_number(text)
        except ValueError:
            raise UserError(f"{path}:{number}: '{text}'; expected a finite number") from None
        if path.name in LOGARITHMIC and value <= 0:
            raise UserError(f"{path}:{number}: '{text}'; expected a positive length")
        values[name] = value
    return values


def read_durations(path: Path) -> dict[str, float]:
    """Read a table of lengths, in seconds (utt2dur) or frames (utt2num_frames), as seconds.

    Raises UserError if it is missing: extraction has written it since it is needed.
    """
    if not path.exists():
        raise UserError(f"{path}: no such file; extract these embeddings again")
    scale = FRAME_S if path.name == NUM_FRAMES else 1.0
    return {name: scale * value for name, value in read_numbers(path).items()}


def write_quality(path: Path, values: Mapping[str, float]) -> None:
    """Write a table of numbers, sorted by name."""
    write_table(path, ((name, _text(value)) for name, value in sorted(values.items())))


def _text(value: float) -> str:
    return str(int(value)) if value.is_integer() else repr(value)


def lengths_of(embeddings: Path) -> Path:
    """Return the path of the table of lengths beside embeddings: in their folder."""
    return (embeddings if embeddings.is_dir() else embeddings.parent) / NUM_FRAMES


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
