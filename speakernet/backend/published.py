"""Figures that others published, to stand beside ours.

The table (``egs/<corpus>/published.tsv``, tab-separated with a header) has one line per system,
training and scoring; ``<trials>_eer`` and ``<trials>_min_dcf`` columns hold the figures.
"""

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from speakernet.config import UserError

_COLUMNS = ("system", "lmft", "mel_bins", "frames", "scoring")


@dataclass(frozen=True)
class Published:
    """One published figure: a system, how it was trained and scored, on one trial list."""

    system: str
    lmft: bool
    mel_bins: str
    frames: str
    scoring: str
    trials: str
    eer: str
    min_dcf: str

    def cells(self) -> list[str]:
        """Return what identifies the figure, for a table."""
        lmft = "yes" if self.lmft else "no"
        return [self.system, self.mel_bins, self.frames, lmft, self.scoring, self.trials]


def read_published(path: Path) -> list[Published]:
    """Read the table; UserError for a missing file or column."""
    try:
        with open(path, encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, delimiter="\t")
            rows = list(reader)
            columns = reader.fieldnames or []
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None
    missing = [name for name in _COLUMNS if name not in columns]
    if missing:
        raise UserError(f"{path}:1: column '{missing[0]}' is missing")
    lists = [name.removesuffix("_eer") for name in columns if name.endswith("_eer")]
    return [
        Published(
            row["system"],
            row["lmft"] == "yes",
            row["mel_bins"],
            row["frames"],
            row["scoring"],
            trials,
            row[f"{trials}_eer"],
            row.get(f"{trials}_min_dcf") or "",
        )
        for row in rows
        for trials in lists
        if row[f"{trials}_eer"]
    ]


def published_figures(
    row: Mapping[str, Any], published: Sequence[Published]
) -> tuple[str, str] | None:
    """Return the published (EER, minDCF) of a row of results, or None.

    A recipe is the system of its name, or of its name less ``_fbank<bins>``; ``mel_bins`` of the
    row must agree. ``trials_vox1_o_clean`` is ``vox1_o``.
    """
    for entry in published:
        if (
            _system(row) == (entry.system, entry.mel_bins)
            and (row["model"] == "lm") == entry.lmft
            and row["model"] != "untrained"
            and row["scoring"] == entry.scoring
            and is_list(row["trials"], entry.trials)
        ):
            return entry.eer, entry.min_dcf
    return None


def _system(row: Mapping[str, Any]) -> tuple[str, str]:
    name = str(row.get("recipe", "")).rpartition("/")[2]
    return re.sub(r"_fbank\d+$", "", name), str(row.get("mel_bins", ""))


def is_list(trials: str, published: str) -> bool:
    """Return whether the trial list named ``trials`` is the one ``published`` as another name."""
    name = re.sub(r"[^a-z0-9]+", "_", trials.lower()).removeprefix("trials_")
    return name == published or name.startswith(f"{published}_")
