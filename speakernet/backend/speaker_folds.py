"""Folds of speakers: a back-end is calibrated with scores of speakers that it was not trained on.

PLDA's scores of speakers that it was trained on lie too far apart. Where it is calibrated with
speakers of its own training set, these are divided into two folds; trials are drawn within a fold,
and scored by PLDA that was trained on the speakers of the other. More folds train on more speakers,
but leave fewer pairs of them: on the default corpus LLRs by two folds were better than by 3 or 5.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

import numpy as np

from speakernet.backend.trial_drawing import draw_trials
from speakernet.config import UserError
from speakernet.kaldi.trials import Trials

NUM_FOLDS = 2
_LEAST = 2  # speakers of a fold, for nontargets


def speaker_folds(speakers: Iterable[str], seed: int) -> dict[str, int]:
    """Return the fold of each speaker; folds are of about one size.

    Raises UserError for fewer than four speakers.
    """
    names = sorted(set(speakers))
    if len(names) < NUM_FOLDS * _LEAST:
        raise UserError(
            f"found {len(names)} speakers to calibrate PLDA with; expected 4 or more, as it is "
            "trained on some and calibrated with others (or scoring.calibration.plda=false)"
        )
    order = np.random.default_rng(seed).permutation(len(names))
    return {names[index]: place % NUM_FOLDS for place, index in enumerate(order.tolist())}


def draw_in_folds(
    folds: Mapping[str, int],
    utt2spk: Mapping[str, str],
    num_each: int,
    seed: int,
    utt2session: Mapping[str, str] | None = None,
    durations: Mapping[str, float] | None = None,
) -> Trials:
    """Draw ``num_each`` target and as many non-target trials, each of speakers of one fold.

    Otherwise as ``draw_trials``, also in what it raises, unless other folds have pairs.
    """
    parts: dict[int, dict[str, str]] = defaultdict(dict)
    for utt, speaker in utt2spk.items():
        parts[folds[speaker]][utt] = speaker
    rows: list[tuple[str, str, bool]] = []
    problem = None
    each = -(-num_each // len(parts))
    for fold, part in sorted(parts.items()):
        try:
            some = draw_trials(part, each, each, (seed, fold), utt2session, durations)
        except UserError as error:
            problem = error
        else:
            rows += zip(some.enroll, some.test, some.is_target.tolist(), strict=True)
    if problem and not rows:
        raise problem
    one, two, labels = zip(*sorted(rows), strict=True)
    return Trials(list(one), list(two), np.array(labels, dtype=np.bool_))


def trials_of_fold(
    trials: Trials, fold: int, folds: Mapping[str, int], utt2spk: Mapping[str, str]
) -> np.ndarray:
    """Return the places (trials of the fold,) of those whose speakers are in a fold."""
    return np.flatnonzero([folds[utt2spk[name]] == fold for name in trials.enroll])
