"""Rows of results.json: the figures of one score file, and what they belong to.

A row has model, trials, scoring and the figures of ``evaluation.evaluate``; recipe, commit,
train_set and mel_bins say what it came from, ``inputs`` whether it is still up to date.
"""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from speakernet.config import UserError
from speakernet.work.files import open_for_replace

Row = Mapping[str, Any]

MODEL_ORDER = ("untrained", "base", "lm")
SCORING_ORDER = ("cosine", "crop_distance", "snorm", "asnorm")
_NEEDED = {"model", "trials", "scoring", "eer", "min_dcf"}


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


def read_results(path: Path) -> list[Row]:
    """Read a results.json; UserError if it is anything else."""
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        rows = None
    if not isinstance(rows, list) or not all(
        isinstance(row, dict) and row.keys() >= _NEEDED for row in rows
    ):
        raise UserError(f"{path}: not a list of results; make it again with steps/evaluate.sh")
    return rows


def write_results(path: Path, rows: Sequence[Row]) -> None:
    """Write a results.json, and its folder if there is none."""
    os.makedirs(path.parent, exist_ok=True)
    with open_for_replace(path) as file:
        file.write((json.dumps(rows, indent=1) + "\n").encode())
