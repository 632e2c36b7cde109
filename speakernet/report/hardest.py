"""The trials that a system gets most wrong."""

from typing import NamedTuple

import numpy as np

from speakernet.arrays import Indices
from speakernet.report.scored_list import ScoredList

_MOST_OF_A_PAIR = 2
_POOL = 2000


class HardTrial(NamedTuple):
    """A trial: names of both utterances and speakers, and its score."""

    enroll: str
    test: str
    speakers: tuple[str, str]
    score: float


def hardest(scored: ScoredList, number: int) -> tuple[list[HardTrial], list[HardTrial]]:
    """Return the targets with the lowest, and the non-targets with the highest scores.

    At most two are of the same pair of speakers, or of one speaker: others are told of, too.
    Trials of an utterance with itself are left out.
    """
    different = scored.enroll != scored.test
    targets = np.flatnonzero(scored.is_target & different)
    others = np.flatnonzero(~scored.is_target & different)
    lowest = _extreme(scored, targets, scored.scores[targets])
    highest = _extreme(scored, others, -scored.scores[others])
    return _spread(scored, lowest, number), _spread(scored, highest, number)


def _extreme(scored: ScoredList, trials: Indices, keys: np.ndarray) -> Indices:
    """Return those of ``trials`` whose ``keys`` are least, in their order."""
    if len(trials) > _POOL:
        chosen = np.argpartition(keys, _POOL)[:_POOL]
        trials, keys = trials[chosen], keys[chosen]
    return trials[np.lexsort((trials, keys))]


def _spread(scored: ScoredList, trials: Indices, number: int) -> list[HardTrial]:
    found: list[HardTrial] = []
    taken: dict[tuple[str, ...], int] = {}
    for trial in trials.tolist():
        one, two = scored.enroll[trial], scored.test[trial]
        speakers = scored.speakers[scored.speaker_of[one]], scored.speakers[scored.speaker_of[two]]
        pair = tuple(sorted(speakers))
        if taken.get(pair, 0) < _MOST_OF_A_PAIR and len(found) < number:
            taken[pair] = taken.get(pair, 0) + 1
            names = scored.utterances[one], scored.utterances[two]
            found.append(HardTrial(*names, speakers, float(scored.scores[trial])))
    return found
