"""Calibrate the scores of trial lists: from score files to files of log-likelihood ratios.

A map is trained on ``<train>/trials`` with ``<train>/trials.<kind>`` and applied to
``<scores>/<list>.<kind>`` of every list, which becomes ``<scores>/<list>.<kind>_calibrated``;
``<scores>/<kind>_calibrated.json`` is the map. With quality tables "quality_calibrated" stands for
"calibrated"; several kinds may be fused in one map, "fused_calibrated".
"""

import json
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from speakernet.arrays import Float64
from speakernet.backend.calibration import Calibration, fit_calibration
from speakernet.backend.quality import read_quality, trial_features
from speakernet.config import UserError
from speakernet.kaldi.scores import read_scores, write_scores
from speakernet.kaldi.tables import read_table
from speakernet.kaldi.trials import Trials, read_trial_lists, read_trials
from speakernet.work.files import open_for_replace

logger = logging.getLogger(__name__)


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


def calibrate_lists(
    files: CalibrationFiles, kinds: Sequence[str], *, fuse: bool, p_target: float
) -> None:
    """Train a map for each kind of scores, or one for all, at the prior ``p_target``; apply it.

    Raises UserError if the training has an utterance or a speaker of the lists, if a table lacks an
    utterance, and where ``fit_calibration`` does.
    """
    if len(files.train_quality_tables) != len(files.quality_tables):
        raise UserError("give as many --quality-tables as --train-quality-tables")
    training = read_trials(files.train / "trials")
    lists = read_trial_lists(files.trials)
    for trials in lists.values():
        _check_disjoint(files, training, trials)
    suffix = "quality_calibrated" if files.quality_tables else "calibrated"
    groups = {f"fused_{suffix}": kinds} if fuse else {f"{k}_{suffix}": [k] for k in kinds}
    for name, some in groups.items():
        calibration = _train(files, some, training, p_target)
        for list_name, trials in lists.items():
            scores = [files.scores / f"{list_name}.{kind}" for kind in some]
            _, features = _features(scores, files.quality_tables, trials)
            write_scores(files.scores / f"{list_name}.{name}", trials, calibration.apply(features))
        _write_map(files.scores / f"{name}.json", calibration)


def _train(
    files: CalibrationFiles, kinds: Sequence[str], training: Trials, p_target: float
) -> Calibration:
    scores = [files.train / f"trials.{kind}" for kind in kinds]
    names, features = _features(scores, files.train_quality_tables, training)
    return fit_calibration(features, training.is_target, names, p_target)


def _features(
    scores: Sequence[Path], qualities: Sequence[Path], trials: Trials
) -> tuple[tuple[str, ...], Float64]:
    tables = {path.name: read_quality(path) for path in qualities}
    systems = {path.name: read_scores(path, trials) for path in scores}
    return trial_features(systems, tables, trials)


def _check_disjoint(files: CalibrationFiles, training: Trials, test: Trials) -> None:
    """Refuse to train on anything of the test: the same utterance, or the same speaker."""
    sides = [{*training.enroll, *training.test}, {*test.enroll, *test.test}]
    if files.train_utt2spk and files.utt2spk:
        maps = [read_table(p, num_fields=2) for p in (files.train_utt2spk, files.utt2spk)]
        sides = [{m.get(n, n) for n in side} for m, side in zip(maps, sides, strict=True)]
    common = sorted(sides[0] & sides[1])
    if common:
        raise UserError(
            f"{files.train}/trials: '{common[0]}' is also in the test trials ({len(common)} such); "
            "a calibration is trained on other speakers"
        )


def _write_map(path: Path, calibration: Calibration) -> None:
    text = json.dumps(asdict(calibration), indent=1)
    with open_for_replace(path) as file:
        file.write(f"{text}\n".encode())
    weights = zip(calibration.names, calibration.weights, strict=True)
    terms = " + ".join(f"{weight:.4f} {name}" for name, weight in weights)
    logger.info("%s: LLR = %.4f + %s", path, calibration.offset, terms)
