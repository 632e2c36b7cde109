"""The calibration of a packaged model: what the experiment has, or fitted on the cohort.

Embeddings of speakers that a network was trained on are closer together than those of others, so
what is fitted on them is too sure of itself; docs/use.md says by how much on the default corpus. So
speakers of the cohort that it was not trained on are taken where there are enough. Test trials are
never used.
"""

import logging
from collections.abc import Collection, Mapping
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from speakernet.arrays import Float64
from speakernet.backend.calibration import Calibration, fit_calibration
from speakernet.backend.cohort import Cohort
from speakernet.backend.config import CALIBRATED, CalibrationConfig, ScoringConfig
from speakernet.backend.embeddings import load_embeddings
from speakernet.backend.scoring import Scorer
from speakernet.backend.trial_drawing import draw_trials
from speakernet.config import UserError
from speakernet.config.files import is_given, read_text
from speakernet.kaldi.tables import read_table
from speakernet.kaldi.trials import Trials
from speakernet.model.description import ScoreCalibration

logger = logging.getLogger(__name__)

MIN_UNHEARD = 10
"""Speakers that the network was not trained on: with fewer, those of the training count, too."""


def known_calibration(scores: Path, kind: str) -> ScoreCalibration | None:
    """Return the map that scoring has left in the folder ``scores``, None where there is none.

    Raises UserError for a file that is no such map.
    """
    path = scores / f"{kind}{CALIBRATED}.json"
    if not is_given(path):
        return None
    try:
        found = TypeAdapter(Calibration).validate_json(read_text(path))
        if found.names != (kind,):
            raise ValueError
        return _packaged(kind, found, "trials of the calibration set of the recipe")
    except (ValidationError, ValueError):
        raise UserError(f"{path}: expected a calibration of '{kind}'; score again") from None


def fit_on_cohort(
    config: ScoringConfig,
    cohort: Cohort,
    embeddings: Path,
    utt2spk: Path,
    kind: str,
    heard: Collection[str],
) -> ScoreCalibration | None:
    """Fit a map to drawn trials of the speakers of ``utt2spk``, each left out of its own cohort.

    They are those whom the network has not ``heard`` in its training, if there are MIN_UNHEARD,
    else all. None, with a warning, where there are too few of them, or where scores tell them apart
    no better than chance. Raises UserError for files that cannot be read.
    """
    draw = config.calibration or CalibrationConfig()
    everybody = read_table(utt2spk, num_fields=2)
    unheard = {utt: speaker for utt, speaker in everybody.items() if speaker not in heard}
    is_new = len({*unheard.values()}) >= MIN_UNHEARD
    speakers = unheard if is_new else everybody
    try:
        trials = _draw(speakers, utt2spk.parent / "utt2session", draw)
        scores = _scores(config, cohort, trials, embeddings, utt2spk)
        found = fit_calibration(scores[:, None], trials.is_target, (kind,), draw.p_target)
        text = f"{len(trials):,} trials of {len({*speakers.values()})} speakers of the cohort"
        whom = ", whom the network was not trained on" if is_new else ""
        return _packaged(kind, found, text + whom)
    except (UserError, ValidationError) as error:
        reason = "scores do not tell speakers apart" if isinstance(error, ValueError) else error
        logger.warning("the package has no calibration: %s", reason)
        return None


def _draw(speakers: Mapping[str, str], utt2session: Path, draw: CalibrationConfig) -> Trials:
    """Draw trials, targets from two sessions if at least half of the speakers have two."""
    each = draw.num_trials // 2
    sessions = read_table(utt2session, num_fields=2) if is_given(utt2session) else {}
    spoken: dict[str, set[str]] = {}
    for utterance, speaker in speakers.items():
        spoken.setdefault(speaker, set()).add(sessions.get(utterance, ""))
    have_two = sum(len(found) > 1 for found in spoken.values()) * 2 >= len(spoken)
    return draw_trials(speakers, each, each, draw.seed, sessions if have_two else None)


def _scores(
    config: ScoringConfig, cohort: Cohort, trials: Trials, embeddings: Path, utt2spk: Path
) -> Float64:
    table = load_embeddings(embeddings, {*trials.enroll, *trials.test})
    scorer = Scorer(table, config, mean=cohort.mean)
    pairs = scorer.pairs(trials.enroll, trials.test, str(utt2spk))
    similarity = scorer.similarity(pairs)
    if cohort.vectors is None:
        return similarity
    own = cohort.own_rows(table, utt2spk) if cohort.speakers else None
    return scorer.normalized(similarity, pairs, scorer.statistics([pairs], cohort.vectors, own))


def _packaged(kind: str, found: Calibration, fitted_on: str) -> ScoreCalibration:
    return ScoreCalibration(
        kind=kind,
        weight=found.weights[0],
        offset=found.offset,
        p_target=found.p_target,
        fitted_on=fitted_on,
    )
