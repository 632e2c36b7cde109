"""VoxCeleb's and VoxSRC's official trial lists, with ids that are those of our sets."""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from vox_parts import FOLDERS, NOISES, SETS, find_file

from speakernet.config import UserError
from speakernet.kaldi.trials import Trials, read_trials, write_trials

logger = logging.getLogger(__name__)


BEYOND = "voxceleb1_cd"
"""The folder of VoxSRC-2020's recordings of speakers of VoxCeleb1 that are not in it."""


@dataclass(frozen=True)
class OfficialList:
    """An official list: its file under the names that it circulates by, and how many targets and
    nontargets it has; none where no source was found that says it.
    """

    files: tuple[str, ...]
    num_targets: int | None = None
    num_nontargets: int | None = None


LISTS = {
    "trials_o_clean": OfficialList(("veri_test2.txt",), 18802, 18809),
    "trials_e_clean": OfficialList(("list_test_all2.txt",), 289921, 289897),
    "trials_h_clean": OfficialList(("list_test_hard2.txt",), 275488, 275406),
    "trials_o": OfficialList(("veri_test.txt",), 18860, 18860),
    "trials_e": OfficialList(("list_test_all.txt",), 290743, 290737),
    "trials_h": OfficialList(("list_test_hard.txt",), 276270, 276266),
    "trials_voxsrc20_dev": OfficialList(("voxsrc2020_dev.txt", "voxsrc2020_val.txt")),
    "trials_voxsrc21_dev": OfficialList(("voxsrc2021_val.txt",)),
    "trials_voxsrc22_dev": OfficialList(("voxsrc2022_dev_fixed.txt", "voxsrc2022_dev.txt")),
}


def check_needs(names: Collection[str]) -> None:
    """Raise UserError for a name that is none of a set, a list, or noises."""
    known = (*SETS, *NOISES, *LISTS)
    for name in names:
        if name not in known:
            raise UserError(f"--needs: found '{name}'; expected some of {' '.join(known)}")


def find_lists(data_root: Path, needed: Collection[str]) -> dict[str, Path]:
    """Return the lists that are there, by our names. Raises UserError if a needed one is not."""
    found = {name: find_file(data_root, each.files) for name, each in LISTS.items()}
    for name in needed:
        if found[name] is None:
            raise UserError(
                f"{data_root}: no {LISTS[name].files[0]} (the official list of {name}); looked in "
                f"{', '.join(FOLDERS)}; local/voxceleb/download.sh fetches it"
            )
    return {name: path for name, path in found.items() if path is not None}


def read_list(name: str, path: Path, *, partial: bool) -> Trials:
    """Read an official list. Raises UserError for another size than it has, unless ``partial``."""
    trials = read_trials(path)
    trials = Trials(
        list(map(our_id, trials.enroll)), list(map(our_id, trials.test)), trials.is_target
    )
    num_targets = int(trials.is_target.sum())
    found = (num_targets, len(trials) - num_targets)
    expected = (LISTS[name].num_targets, LISTS[name].num_nontargets)
    if found != expected and expected != (None, None) and not partial:
        raise UserError(
            f"{path}: found {found[0]} target and {found[1]} nontarget trials; "
            f"expected {expected[0]} and {expected[1]}"
        )
    logger.info("%s: %d target and %d nontarget trials", name, *found)
    return trials


def our_id(name: str) -> str:
    """Return a recording's id in our sets, which begins with its speaker where that is known.

    VoxSRC-2020's list has ``voxceleb1/<id>/…``, and ``voxceleb1_cd/<id>/…`` for recordings beyond
    VoxCeleb1.
    """
    first, _, rest = name.partition("/")
    if first == "voxceleb1":
        return rest
    if first == BEYOND:
        speaker, _, file = rest.partition("/")
        return f"{speaker}/{first}/{file}"
    return name


def write_known(
    path: Path, trials: Trials, known: Collection[str], *, source: Path, drop: bool
) -> None:
    """Write the trials. Those with recordings that are missing are an error, or with ``drop`` go
    to ``<path>.left_out``.
    """
    is_known = check_known(trials, known, source=source, drop=drop)
    num_missing = int(np.count_nonzero(~is_known))
    if num_missing:
        logger.warning("%s: %d of %d trials left out, as their recordings are missing",
                       path.name, num_missing, len(trials))  # fmt: skip
        write_trials(path.with_name(f"{path.name}.left_out"), _some(trials, ~is_known))
    write_trials(path, _some(trials, is_known))


def check_known(trials: Trials, known: Collection[str], *, source: Path, drop: bool) -> np.ndarray:
    """Return of which trials both recordings are known: (trials,). Raises UserError for others,
    unless ``drop`` leaves them out, and if none is left.
    """
    is_known = np.array(
        [e in known and t in known for e, t in zip(trials.enroll, trials.test, strict=True)]
    )
    num_missing = int(np.count_nonzero(~is_known))
    if num_missing and not drop:
        names = sorted({*trials.enroll, *trials.test} - set(known))
        raise UserError(
            f"{source}: {len(names)} recordings of {num_missing} trials are not here, the first: "
            f"utterance {names[0]} (--drop-trials true leaves the trials out)"
        )
    if not is_known.any():
        raise UserError(f"{source}: the recordings of all {len(trials)} trials are missing")
    return is_known


def _some(trials: Trials, chosen: np.ndarray) -> Trials:
    rows = np.flatnonzero(chosen).tolist()
    enroll, test = ([side[row] for row in rows] for side in (trials.enroll, trials.test))
    return Trials(enroll, test, trials.is_target[chosen])
