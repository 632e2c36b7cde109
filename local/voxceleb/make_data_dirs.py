"""Make the data dirs of VoxCeleb from extracted trees, and its trial lists from the official files.

Usage: python local/voxceleb/make_data_dirs.py --data-root DIR DATA
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from trees import Utterance, list_tree

from speakernet.bin.cli import run
from speakernet.config import UserError
from speakernet.kaldi.datadir import validate, write_spk2utt
from speakernet.kaldi.tables import write_table
from speakernet.kaldi.trials import Trials, read_trials, write_trials
from speakernet.work.files import folder_for_replace

logger = logging.getLogger(__name__)

# Where people keep the trees, relative to the data root; the first that exist are used.
_VOX1_TREES = (
    ("voxceleb1/dev/wav", "voxceleb1/test/wav"),
    ("VoxCeleb1/dev/wav", "VoxCeleb1/test/wav"),
    ("vox1_dev_wav/wav", "vox1_test_wav/wav"),
    ("vox1/dev/wav", "vox1/test/wav"),
    ("voxceleb1/wav",),
    ("voxceleb1",),
)
_VOX2_TREES = tuple(
    (f"{name}/{folder}",)
    for name in ("voxceleb2", "VoxCeleb2", "vox2")
    for folder in ("dev/aac", "dev/wav", "dev/m4a", "aac", "wav")
)
_LIST_FOLDERS = (".", "voxceleb1", "VoxCeleb1", "vox1", "lists", "voxceleb1_test")
# The 40 speakers of VoxCeleb1's test part; all others belong to its development part.
_VOX1_TEST = range(10270, 10310)


@dataclass(frozen=True)
class _List:
    """An official trial list: its file, our name, and how many targets and nontargets it has."""

    file: str
    name: str
    num_targets: int
    num_nontargets: int


_LISTS = (
    _List("veri_test2.txt", "trials_o_clean", 18802, 18809),
    _List("list_test_all2.txt", "trials_e_clean", 289921, 289897),
    _List("list_test_hard2.txt", "trials_h_clean", 275488, 275406),
)
_SIZES = {
    "voxceleb1_dev": (1211, 148642),
    "voxceleb1": (1251, 153516),
    "voxceleb2_dev": (5994, 1092009),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Write voxceleb1_dev, voxceleb1 (with the trial lists) and voxceleb2_dev, each whole or not at
    all.
    """
    arguments = _parse(argv)
    lists = {each: _find_list(arguments.data_root, each) for each in _LISTS}
    vox1 = list_tree(find_trees(arguments.data_root, "VoxCeleb1", _VOX1_TREES), arguments.nj)
    vox2 = list_tree(find_trees(arguments.data_root, "VoxCeleb2", _VOX2_TREES), arguments.nj)
    sets = {
        "voxceleb1_dev": [u for u in vox1 if int(u.speaker[2:]) not in _VOX1_TEST],
        "voxceleb1": vox1,
        "voxceleb2_dev": vox2,
    }
    known = {utterance.utt for utterance in vox1}
    with ExitStack() as stack:
        new = {n: stack.enter_context(folder_for_replace(arguments.data / n)) for n in sets}
        for name, utterances in sets.items():
            _check_size(name, utterances, partial=arguments.partial)
            write_data_dir(new[name], utterances)
        for each, path in lists.items():
            trials = _read_list(each, path, known, partial=arguments.partial)
            write_trials(new["voxceleb1"] / each.name, trials)
    return 0


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-root", type=Path, required=True)
    parser.add_argument("--nj", type=int, default=8, help="threads that list folders")
    parser.add_argument("--partial", action="store_true", help="accept an incomplete corpus")
    parser.add_argument("data", type=Path, help="parent of the data dirs")
    return parser.parse_args(argv)


def find_trees(data_root: Path, corpus: str, choices: Sequence[Sequence[str]]) -> list[Path]:
    """Return the folders of the first choice that is there as a whole, or raise UserError."""
    for choice in choices:
        folders = [data_root / folder for folder in choice]
        if all(_has_speakers(folder) for folder in folders):
            return folders
    expected = " or ".join(" with ".join(choice) for choice in choices)
    raise UserError(f"{data_root}: {corpus} is not here; expected folders id*/ in {expected}")


def _has_speakers(folder: Path) -> bool:
    return folder.is_dir() and next(folder.glob("id[0-9]*/"), None) is not None


def _find_list(data_root: Path, each: _List) -> Path:
    for folder in _LIST_FOLDERS:
        path = data_root / folder / each.file
        if path.is_file():
            return path
    raise UserError(
        f"{data_root}: no {each.file} (VoxCeleb's trial list); looked in {', '.join(_LIST_FOLDERS)}"
    )


def _check_size(name: str, utterances: Sequence[Utterance], *, partial: bool) -> None:
    found = (len({utterance.speaker for utterance in utterances}), len(utterances))
    if found != _SIZES[name] and not partial:
        raise UserError(
            f"{name}: found {found[0]} speakers and {found[1]} utterances; expected "
            f"{_SIZES[name][0]} and {_SIZES[name][1]} (--partial true accepts an incomplete corpus)"
        )
    if not utterances:
        raise UserError(f"{name}: no audio file found")
    logger.info("%s: %d speakers, %d utterances", name, *found)


def write_data_dir(path: Path, utterances: Sequence[Utterance]) -> None:
    """Write wav.scp, utt2spk and spk2utt of utterances sorted by id, and check them."""
    write_table(path / "wav.scp", ((u.utt, u.entry) for u in utterances))
    write_table(path / "utt2spk", ((u.utt, u.speaker) for u in utterances))
    write_spk2utt(path / "utt2spk", path / "spk2utt")
    validate(path, feats=False)


def _read_list(each: _List, path: Path, known: set[str], *, partial: bool) -> Trials:
    trials = read_trials(path)
    num_targets = int(trials.is_target.sum())
    found = (num_targets, len(trials) - num_targets)
    if found != (each.num_targets, each.num_nontargets) and not partial:
        raise UserError(
            f"{path}: found {found[0]} target and {found[1]} nontarget trials; "
            f"expected {each.num_targets} and {each.num_nontargets}"
        )
    for utt in (*trials.enroll, *trials.test):
        if utt not in known:
            raise UserError(f"{path}: utterance {utt} is not in VoxCeleb1's trees")
    logger.info("%s: %d target and %d nontarget trials", each.name, *found)
    return trials


if __name__ == "__main__":
    run(main)
