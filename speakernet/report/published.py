"""Figures that others published, to stand beside ours.

The table (``egs/<corpus>/published.tsv``, tab-separated with a header) has one line per system,
training and scoring; ``<trials>_eer`` and ``<trials>_min_dcf`` columns hold the figures. Its column
p_target is like ``0.01 (voxsrc22: 0.05)``: one value, and others for lists of other names.
"""

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from speakernet.config import UserError
from speakernet.config.files import read_text

_COLUMNS = ("system", "train_set", "lmft", "mel_bins", "frames", "scoring", "p_target")
_SCORINGS = {"crop_distance": "crops"}


@dataclass(frozen=True)
class Published:
    """One published figure: a system, how it was trained and scored, on one trial list."""

    system: str
    train_set: str
    lmft: bool
    mel_bins: str
    frames: str
    scoring: str
    trials: str
    eer: str
    min_dcf: str
    p_target: str

    def cells(self) -> list[str]:
        """Return what identifies the figure, for a table."""
        lmft = "yes" if self.lmft else "no"
        trained = f"{self.train_set}, {self.frames} frames"
        return [self.system, trained, self.mel_bins, lmft, self.scoring, self.trials]


def read_published(path: Path) -> list[Published]:
    """Read the table; UserError for a missing file or column."""
    rows, columns = _read_rows(path, _COLUMNS)
    lists = [name.removesuffix("_eer") for name in columns if name.endswith("_eer")]
    return [
        Published(
            row["system"],
            row["train_set"],
            row["lmft"] == "yes",
            row["mel_bins"],
            row["frames"],
            row["scoring"],
            trials,
            row[f"{trials}_eer"],
            row.get(f"{trials}_min_dcf") or "",
            _p_target(row["p_target"], trials),
        )
        for row in rows
        for trials in lists
        if row[f"{trials}_eer"]
    ]


def read_published_sizes(path: Path) -> dict[tuple[str, int], str]:
    """Return the published numbers of parameters (``4.8M``) by network and mel bins.

    A system's name may say which challenge it was for or whose it is; its network's does not.
    """
    rows, _ = _read_rows(path, ("system", "mel_bins", "published_parameters"))
    sizes = {}
    for number, row in enumerate(rows, start=2):
        if not re.fullmatch("[0-9]{1,4}", row["mel_bins"]):
            raise UserError(f"{path}:{number}: mel_bins is '{row['mel_bins']}'; expected a number")
        system = re.sub("_(voxsrc2020|wespeaker|3dspeaker)$", "", row["system"])
        sizes[system, int(row["mel_bins"])] = row["published_parameters"]
    return sizes


def _read_rows(path: Path, needed: Sequence[str]) -> tuple[list[dict[str, str]], Sequence[str]]:
    """Return the rows and the columns of a table that has the ``needed`` columns."""
    reader = csv.DictReader(read_text(path).splitlines(), delimiter="\t", restval="")
    try:
        rows, columns = list(reader), reader.fieldnames or []
    except csv.Error as error:
        raise UserError(f"{path}:{reader.line_num}: {error}") from None
    missing = [name for name in needed if name not in columns]
    if missing:
        raise UserError(f"{path}:1: column '{missing[0]}' is missing")
    return rows, columns


def _p_target(text: str, trials: str) -> str:
    others = re.findall(r"(\w+): *([\d.]+)", text)
    default = text.partition(" ")[0]
    return next((value for name, value in others if trials.startswith(name)), default)


def published_figures(
    row: Mapping[str, Any], published: Sequence[Published]
) -> tuple[str, str] | None:
    """Return the published (EER, minDCF) of a row of results, or None.

    A recipe is the system of its name, or of its name less ``_fbank<bins>``; mel bins and training
    set (with or without ``_aug``) must agree where the row has them.
    """
    for entry in published:
        if (
            _is_system(row, entry)
            and (row["model"] == "lm") == entry.lmft
            and row["model"] != "untrained"
            and _SCORINGS.get(row["scoring"], row["scoring"]) == entry.scoring
            and is_list(row["trials"], entry.trials)
        ):
            return entry.eer, entry.min_dcf
    return None


def _is_system(row: Mapping[str, Any], entry: Published) -> bool:
    name = str(row.get("recipe", "")).rpartition("/")[2]
    return (
        re.sub(r"_fbank\d+$", "", name) == entry.system
        and row.get("mel_bins", entry.mel_bins) == entry.mel_bins
        and row.get("train_set", entry.train_set) in (entry.train_set, _clean(entry.train_set))
    )


def _clean(train_set: str) -> str:
    return train_set.removesuffix("_aug")


def is_list(trials: str, published: str) -> bool:
    """Return whether ``trials`` names the list that is ``published`` under another name.

    ``vox1_o`` is ``trials_vox1_o_clean``, ``Vox1-O`` and ``trials_o_clean``.
    """
    name = re.sub(r"[^a-z0-9]+", "_", trials.lower()).removeprefix("trials_")
    known = (published, published.removeprefix("vox1_"))
    return any(name == one or name.startswith(f"{one}_") for one in known)
