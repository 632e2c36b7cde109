"""Trial lists in both circulating forms, read strictly.

VoxCeleb's: ``label utt1 utt2``, label 1 (same speaker) or 0. Kaldi's: ``utt1 utt2 target`` or
``utt1 utt2 nontarget``. A file has one form, which its first line decides.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from speakernet.arrays import Bool
from speakernet.config import UserError
from speakernet.kaldi.tables import iter_columns
from speakernet.work.files import open_for_replace

logger = logging.getLogger(__name__)

_KALDI_LABELS = {b"target": True, b"nontarget": False}
_VOXCELEB_LABELS = {b"1": True, b"0": False}
_LABELS = {True: "target", False: "nontarget"}
_FORMS = "'<utt1> <utt2> target|nontarget' or '1|0 <utt1> <utt2>'"


@dataclass(frozen=True)
class Trials:
    """Pairs to compare: ``enroll[i]`` with ``test[i]``; ``is_target`` has shape (trials,)."""

    enroll: list[str]
    test: list[str]
    is_target: Bool

    def __len__(self) -> int:
        return len(self.enroll)


def ids_of(lists: Iterable[Trials]) -> set[str]:
    """Return all ids that the lists compare."""
    return {name for trials in lists for name in (*trials.enroll, *trials.test)}


class Names(dict[bytes, str]):
    """Ids decoded once each, so that a list of trials holds every id only once in memory."""

    def __missing__(self, key: bytes) -> str:
        self[key] = name = key.decode()
        return name


def read_trials(path: Path) -> Trials:
    """Read a trial list; 580,000 trials take a fraction of a second.

    Raises UserError (``file:line: …``) for another number of fields, an unknown label, a change of
    form inside the file, an empty file, and a pair that is a target on one line and a nontarget on
    another, in whichever order. Pairs on several lines and pairs of one utterance are counted in
    warnings.
    """
    enroll: list[str] = []
    test: list[str] = []
    labels: list[bool] = []
    names = Names()
    is_kaldi: bool | None = None
    for first, columns in iter_columns(path, 3):
        if is_kaldi is None:
            is_kaldi = _is_kaldi_form(path, columns)
        known = _KALDI_LABELS if is_kaldi else _VOXCELEB_LABELS
        label_column = columns[2 if is_kaldi else 0]
        if not known.keys() >= set(label_column):
            offset = next(i for i, label in enumerate(label_column) if label not in known)
            raise UserError(f"{path}:{first + offset}: {_label_problem(columns, offset, is_kaldi)}")
        enroll += map(names.__getitem__, columns[0 if is_kaldi else 1])
        test += map(names.__getitem__, columns[1 if is_kaldi else 2])
        labels += map(known.__getitem__, label_column)
    if not labels:
        raise UserError(f"{path}: no trials; expected lines {_FORMS}")
    trials = Trials(enroll, test, np.array(labels, dtype=np.bool_))
    _check_pairs(path, trials)
    return trials


def _check_pairs(path: Path, trials: Trials) -> None:
    codes = {name: code for code, name in enumerate({*trials.enroll, *trials.test})}
    sides = [
        np.fromiter(map(codes.__getitem__, side), np.int64, len(trials))
        for side in (trials.enroll, trials.test)
    ]
    pairs = np.minimum(*sides) * len(codes) + np.maximum(*sides)
    order = np.argsort(pairs, kind="stable")
    again = np.flatnonzero(np.diff(pairs[order]) == 0) + 1
    changed = again[np.diff(trials.is_target[order])[again - 1]]
    if changed.size:
        _raise_contradiction(path, trials, *sorted(order[changed[0] - 1 : changed[0] + 1].tolist()))
    if again.size:
        logger.warning("%s: %d lines repeat a pair of another line", path, again.size)
    num_same = int(np.count_nonzero(sides[0] == sides[1]))
    if num_same:
        logger.warning("%s: %d trials compare an utterance with itself", path, num_same)


def _raise_contradiction(path: Path, trials: Trials, first: int, second: int) -> None:
    pair = f"{trials.enroll[second]} {trials.test[second]}"
    label, other = (_LABELS[bool(trials.is_target[row])] for row in (second, first))
    raise UserError(
        f"{path}:{second + 1}: '{pair}' is a {label} here and a {other} on line {first + 1}"
    )


def read_trial_lists(paths: Sequence[Path]) -> dict[str, Trials]:
    """Read several lists, by name. Raises UserError if two have the same name."""
    lists = {path.name: read_trials(path) for path in paths}
    if len(lists) < len(paths):
        names = " ".join(path.name for path in paths)
        raise UserError(f"trial lists need different names: {names}")
    return lists


def _is_kaldi_form(path: Path, columns: list[list[bytes]]) -> bool:
    if columns[2][0] in _KALDI_LABELS:
        return True
    if columns[0][0] in _VOXCELEB_LABELS:
        return False
    raise UserError(f"{path}:1: found '{_line(columns, 0)}'; expected {_FORMS}")


def _line(columns: list[list[bytes]], offset: int) -> str:
    return b" ".join(column[offset] for column in columns).decode()


def _label_problem(columns: list[list[bytes]], offset: int, is_kaldi: bool) -> str:
    form = "'<utt1> <utt2> target|nontarget'" if is_kaldi else "'1|0 <utt1> <utt2>'"
    return f"found '{_line(columns, offset)}'; expected {form}, as on line 1"


def write_trials(path: Path, trials: Trials) -> None:
    """Write a trial list in Kaldi's form; it appears whole or not at all."""
    rows = zip(trials.enroll, trials.test, trials.is_target.tolist(), strict=True)
    with open_for_replace(path) as file:
        file.writelines(f"{one} {two} {_LABELS[same]}\n".encode() for one, two, same in rows)
