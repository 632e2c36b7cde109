"""Calibrate the scores of trial lists: from score files to files of log-likelihood ratios.

A map is trained on ``<train>/trials`` with ``<train>/trials.<kind>`` and applied to
``<scores>/<list>.<kind>`` of every list, which becomes ``<scores>/<list>.<kind>_calibrated``;
``<scores>/<kind>_calibrated.json`` is the map. With quality tables "qmf" stands for "calibrated"
(quality measure functions); several kinds, or several systems, may be fused in one map, which is
called "fused".
"""

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from speakernet.arrays import Float64
from speakernet.backend.calibration import Calibration, fit_calibration
from speakernet.backend.config import CALIBRATED, QMF
from speakernet.backend.quality import read_quality, trial_features
from speakernet.config import UserError
from speakernet.kaldi.scores import read_scores, write_scores
from speakernet.kaldi.tables import read_table
from speakernet.kaldi.trials import Trials, ids_of, read_trial_lists, read_trials
from speakernet.work.files import open_for_replace

logger = logging.getLogger(__name__)

FOLDER = "calibration"
"""In a folder of scores: the training trials and their scores."""


@dataclass(frozen=True)
class CalibrationFiles:
    """What maps are trained on and applied to.

    train: folder with trials and their scores; scores: folder with the scores of the ``trials``
    lists. train_quality_tables and quality_tables: tables ``utt number`` of the training and of the
    lists, in the same order. train_utt2spk and utt2spk: speakers, to see that both have different
    ones; without them only utterances are compared.
    """

    train: Path
    trials: Sequence[Path]
    scores: Path
    train_quality_tables: Sequence[Path] = ()
    quality_tables: Sequence[Path] = ()
    train_utt2spk: Path | None = None
    utt2spk: Path | None = None


@dataclass(frozen=True)
class ScoredSystem:
    """Scores of one kind: ``<train>/trials.<kind>``, and ``<scores>/<list>.<kind>`` of lists."""

    name: str
    train: Path
    scores: Path
    kind: str


def calibrate_lists(
    files: CalibrationFiles, kinds: Sequence[str], *, fuse: bool, p_target: float
) -> None:
    """Train a map for each kind of scores, or one for all, at the prior ``p_target``; apply it.

    A measure of quality that is the same for every training trial tells nothing: its weight is 0.

    Raises UserError if the training has an utterance or a speaker of the lists, if a table lacks an
    utterance, and where ``fit_calibration`` does.
    """
    systems = [ScoredSystem(kind, files.train, files.scores, kind) for kind in kinds]
    groups = {"fused": systems} if fuse else {system.name: [system] for system in systems}
    _calibrate_groups(files, groups, p_target)


def fuse_systems(
    files: CalibrationFiles, systems: Sequence[Path], kinds: Sequence[str], *, p_target: float
) -> None:
    """Train one map of a kind of scores of each system, and apply it: ``<list>.fused_calibrated``.

    systems: folders of scores, which have those of the training in ``calibration``; kinds: one for
    each. Raises UserError if these are not of the same trials, and where ``calibrate_lists`` does.
    """
    expected = read_trials(files.train / "trials")
    for system in systems:
        path = system / FOLDER / "trials"
        trials = read_trials(path)
        if (trials.enroll, trials.test) != (expected.enroll, expected.test):
            raise UserError(
                f"{path}: differs from {files.train}/trials; systems are fused by scores of the "
                "same trials: expected the same calibration set, number of trials and seed"
            )
    files.scores.mkdir(parents=True, exist_ok=True)
    pairs = zip(systems, kinds, strict=True)
    fused = [ScoredSystem(f"{path}/{kind}", path / FOLDER, path, kind) for path, kind in pairs]
    _calibrate_groups(files, {"fused": fused}, p_target)


def _calibrate_groups(
    files: CalibrationFiles, groups: Mapping[str, Sequence[ScoredSystem]], p_target: float
) -> None:
    if len(files.train_quality_tables) != len(files.quality_tables):
        raise UserError("give as many --quality-tables as --train-quality-tables")
    training = read_trials(files.train / "trials")
    lists = read_trial_lists(files.trials)
    utt2spks = (files.train_utt2spk, files.utt2spk)
    check_disjoint(files.train / "trials", ids_of([training]), ids_of(lists.values()), utt2spks)
    suffix = QMF if files.quality_tables else CALIBRATED
    for name, systems in groups.items():
        calibration = _train(files, systems, training, p_target)
        for list_name, trials in lists.items():
            scores = {s.name: s.scores / f"{list_name}.{s.kind}" for s in systems}
            _, features = _features(scores, files.quality_tables, trials)
            path = files.scores / f"{list_name}.{name}{suffix}"
            write_scores(path, trials, calibration.apply(features))
        _write_map(files.scores / f"{name}{suffix}.json", calibration)


def _train(
    files: CalibrationFiles, systems: Sequence[ScoredSystem], training: Trials, p_target: float
) -> Calibration:
    scores = {system.name: system.train / f"trials.{system.kind}" for system in systems}
    names, features = _features(scores, files.train_quality_tables, training)
    varies = np.ptp(features, axis=0) > 0
    varies[: len(systems)] = True  # scores that are all equal are an error
    if not varies.all():
        constant = ", ".join(name for name, does in zip(names, varies, strict=True) if not does)
        logger.info("the same for every training trial, and left out: %s", constant)
    some = tuple(name for name, does in zip(names, varies, strict=True) if does)
    found = fit_calibration(features[:, varies], training.is_target, some, p_target)
    weights = np.zeros(len(names))
    weights[varies] = found.weights
    return replace(found, names=names, weights=tuple(weights.tolist()))


def _features(
    scores: Mapping[str, Path], qualities: Sequence[Path], trials: Trials
) -> tuple[tuple[str, ...], Float64]:
    tables = {path.name: read_quality(path) for path in qualities}
    systems = {name: read_scores(path, trials) for name, path in scores.items()}
    return trial_features(systems, tables, trials)


def check_disjoint(
    place: Path, training: Iterable[str], test: Iterable[str], utt2spks: Sequence[Path | None]
) -> None:
    """Refuse to train on anything of the test: the same utterance, or the same speaker.

    place: of the training, for the error; utt2spks: of the training and of the test. Without both
    only utterances are compared. Raises UserError.
    """
    sides = [set(training), set(test)]
    if all(utt2spks):
        maps = [read_table(path, num_fields=2) for path in utt2spks if path]
        sides = [{m.get(n, n) for n in side} for m, side in zip(maps, sides, strict=True)]
    common = sorted(sides[0] & sides[1])
    if common:
        raise UserError(
            f"{place}: '{common[0]}' is also in the test trials ({len(common)} such); "
            "a back-end is trained on other speakers"
        )


def _write_map(path: Path, calibration: Calibration) -> None:
    text = json.dumps(asdict(calibration), indent=1)
    with open_for_replace(path) as file:
        file.write(f"{text}\n".encode())
    weights = zip(calibration.names, calibration.weights, strict=True)
    terms = " + ".join(f"{weight:.4f} {name}" for name, weight in weights)
    logger.info("%s: LLR = %.4f + %s", path.name, calibration.offset, terms)
