"""Rows of results.json: the figures of one score file, and what they belong to.

A row has model, trials, scoring and the figures of ``evaluation.evaluate``; recipe, commit,
train_set and mel_bins say what it came from, ``partial`` which sets were not whole, ``inputs``
whether it is still up to date.
"""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from speakernet.config import UserError
from speakernet.config.files import read_text
from speakernet.config.numbers import parse_number
from speakernet.metrics.definitions import definitions
from speakernet.work.files import open_for_replace

Row = Mapping[str, Any]

MODEL_ORDER = ("untrained", "base", "lm")
SCORING_ORDER = ("cosine", "crop_distance", "snorm", "asnorm", "plda")


def sort_key(row: Row) -> tuple[Any, ...]:
    """Order rows by recipe, trial list, model and scoring."""
    return (
        row.get("recipe", ""),
        row["trials"],
        _place(row["model"], MODEL_ORDER),
        _place(row["scoring"], SCORING_ORDER),
    )


def _place(name: str, order: Sequence[str]) -> tuple[int, str]:
    return (order.index(name) if name in order else len(order), name)


_Interval = Annotated[list[float], Field(min_length=2, max_length=2)]


class _Shape(BaseModel):
    """What a row has at least, and of which types."""

    model_config = ConfigDict(strict=True, allow_inf_nan=False)

    model: str
    trials: str
    scoring: str
    eer: float
    min_dcf: dict[str, float]
    num_target: int
    num_nontarget: int
    num_left_out: int = 0
    act_dcf: dict[str, float] = {}
    cllr: float | None = None
    min_cllr: float | None = None
    eer_interval: _Interval | None = None
    min_dcf_interval: dict[str, _Interval] = {}
    act_dcf_interval: dict[str, _Interval] = {}
    bootstrap: int = 0
    recipe: str = ""
    commit: str = ""
    train_set: str = ""
    partial: list[str] = []
    mel_bins: str = ""
    definition: str = "speakernet"
    inputs: str = ""


_SHAPES = TypeAdapter(list[_Shape])


def read_results(path: Path) -> list[Row]:
    """Read a results.json; UserError if it is anything else."""
    try:
        rows = json.loads(read_text(path))
        for shape in _SHAPES.validate_python(rows):
            definitions.get(shape.definition)
            _ = [parse_number(p_target) for p_target in shape.min_dcf]
    except (ValueError, RecursionError, UserError):
        raise UserError(
            f"{path}: not a list of results; make it again with steps/evaluate.sh"
        ) from None
    return rows


def write_results(path: Path, rows: Sequence[Row]) -> None:
    """Write a results.json, and its folder if there is none."""
    os.makedirs(path.parent, exist_ok=True)
    with open_for_replace(path) as file:
        file.write((json.dumps(rows, indent=1) + "\n").encode())
