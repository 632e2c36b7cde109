"""CN-Celeb's official evaluation: ``eval/lists/{trials.lst,enroll.lst,test.lst,enroll.map}``.

A model is enrolled with one file that joins a speaker's sessions (``enroll.lst``), or with the
recordings that were joined, each an embedding, which are averaged (``enroll.map``, since version
2). Published figures are mostly the latter.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from cnceleb_trees import SUFFIXES, utterance

from speakernet.config import UserError
from speakernet.kaldi.datadir import NewUtterance
from speakernet.kaldi.tables import iter_columns, iter_fields
from speakernet.kaldi.trials import Names, Trials
from speakernet.prepare.audio_files import entry_of

_LABELS = {b"1": True, b"0": False}


@dataclass(frozen=True)
class Lists:
    """The test set: its utterances, the utterances of each enrolled model, the trials by list."""

    utterances: list[NewUtterance]
    models: dict[str, list[str]]
    trials: dict[str, Trials]


def read_lists(tree: Path) -> Lists:
    """Read the lists. Raises UserError for files that they name and that are not there."""
    lists = tree / "eval/lists"
    enroll = _enrol_files(tree, lists / "enroll.lst")
    trials = _read_trials(tree, lists / "trials.lst", enroll)
    tests = {name: _test_utterance(tree, name) for name in sorted(set(trials.test))}
    models = {f"{model}-concat": [u.utt] for model, u in enroll.items()}
    made = {"trials_concat": _named(trials, tests, "concat")}
    used = [*enroll.values(), *tests.values()]
    if (lists / "enroll.map").is_file():
        parts = _enrol_parts(tree, lists / "enroll.map", enroll)
        models |= {f"{model}-avg": [u.utt for u in some] for model, some in parts.items()}
        made["trials_avg"] = _named(trials, tests, "avg")
        used += {u.utt: u for some in parts.values() for u in some}.values()
    return Lists(used, models, made)


def _enrol_files(tree: Path, table: Path) -> dict[str, NewUtterance]:
    """Return the joined recording of each model: lines ``id00800-enroll enroll/….wav``."""
    found = {}
    for number, fields in iter_fields(table, num_fields=2):
        model, name = (field.decode() for field in fields)
        path = _find(tree / "eval" / name, f"{table}:{number}")
        speaker = model.partition("-")[0]
        found[model] = NewUtterance(model, speaker, entry_of(path), f"{speaker}-enroll")
    return found


def _enrol_parts(
    tree: Path, table: Path, enroll: dict[str, NewUtterance]
) -> dict[str, list[NewUtterance]]:
    """Return what each model was joined from: lines ``id00800-enroll id00800/a-01-001.wav …``."""
    found = {}
    for number, (first, rest) in iter_fields(table):
        model, names = first.decode(), rest.decode().split()
        place = f"{table}:{number}"
        speaker = model.partition("-")[0]
        paths = [_find(tree / "data" / name, place) for name in names]
        found[model] = [utterance(speaker, f"enroll_{path.stem}", path) for path in paths]
    if missing := sorted(enroll.keys() - {model for model, some in found.items() if some}):
        raise UserError(f"{table}: no line for {missing[0]}, which enroll.lst has")
    return found


def _find(path: Path, place: str) -> Path:
    """Return a file that a list names, whatever its suffix is by now."""
    for suffix in SUFFIXES:
        if (candidate := path.with_suffix(suffix)).is_file():
            return candidate
    raise UserError(f"{place}: no such file {path.with_suffix('')}.flac or .wav; unpack it again")


def _test_utterance(tree: Path, name: str) -> NewUtterance:
    path = _find(tree / "eval" / name, f"{tree}/eval/lists/trials.lst")
    speaker, _, rest = path.stem.partition("-")
    return utterance(speaker, rest, path)


def _read_trials(tree: Path, table: Path, enroll: dict[str, NewUtterance]) -> Trials:
    """Read lines ``id00800-enroll test/id00800-singing-01-001.wav 1``."""
    models: list[str] = []
    tests: list[str] = []
    labels: list[bool] = []
    names = Names()
    for first, (left, right, marks) in iter_columns(table, 3):
        if not set(marks) <= _LABELS.keys():
            row = next(i for i, mark in enumerate(marks) if mark not in _LABELS)
            raise UserError(
                f"{table}:{first + row}: found '{marks[row].decode()}'; expected 0 or 1"
            )
        models += map(names.__getitem__, left)
        tests += map(names.__getitem__, right)
        labels += map(_LABELS.__getitem__, marks)
    if unknown := sorted(set(models) - enroll.keys()):
        raise UserError(f"{table}: {unknown[0]} is not in {tree}/eval/lists/enroll.lst")
    return Trials(models, tests, np.array(labels, dtype=np.bool_))


def _named(trials: Trials, tests: dict[str, NewUtterance], kind: str) -> Trials:
    """Return the trials with our ids of the test utterances and the models of a kind."""
    return Trials(
        [f"{model}-{kind}" for model in trials.enroll],
        [tests[name].utt for name in trials.test],
        trials.is_target,
    )
