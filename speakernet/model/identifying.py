"""Who of a store of people speaks, or nobody of them.

With prior p that one of N people speaks, all of them equally likely, and the log-likelihood ratio
s_i of the recording against person i,

    P(i | recording) = p/N e^(s_i) / ((1 - p) + sum_j p/N e^(s_j))

which is Bayes' rule for one speaker among N known ones and an unknown one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from speakernet.arrays import Float64
from speakernet.config import UserError
from speakernet.model.comparing import Comparer, Scores
from speakernet.model.people import Person
from speakernet.model.results import Embedding


@dataclass(frozen=True)
class Candidate:
    """A person who may speak; probability and llr are None without a calibration."""

    name: str
    score: float
    normalized: float | None
    llr: float | None
    probability: float | None


@dataclass(frozen=True)
class Identification:
    """Who speaks in a recording: ``name``, or None for nobody of the store.

    candidates: the likeliest first; notes: what is odd about the recording.
    """

    recording: str
    name: str | None
    candidates: tuple[Candidate, ...]
    notes: tuple[str, ...] = ()


def identify(
    comparer: Comparer,
    embedding: Embedding,
    people: Sequence[Person],
    *,
    prior: float,
    threshold: float | None = None,
) -> Identification:
    """Tell who of ``people`` speaks; ``prior``: probability that it is one of them.

    threshold: the least score, instead of the prior. Raises UserError where there is nobody, and
    where neither a calibration nor a threshold can decide.
    """
    if not people:
        raise UserError("there is nobody to compare with; speakernet enroll adds people")
    voice = comparer.prepare(embedding.vector[None])
    scores = comparer.compare_people(voice, [person.vectors for person in people])
    if scores.llr is None and threshold is None:
        raise UserError("the model has no calibration; expected a threshold of scores")
    order = np.argsort(-scores.final[0], kind="stable").tolist()
    chances = None if scores.llr is None else probabilities(scores.llr[0], prior)
    candidates = tuple(_candidate(people[i].name, scores, chances, i) for i in order)
    best = order[0]
    if threshold is not None:
        is_known = bool(scores.final[0, best] >= threshold)
    else:
        assert chances is not None
        is_known = bool(chances[best] >= 1 - chances.sum())
    name = people[best].name if is_known else None
    return Identification(embedding.name, name, candidates, embedding.notes)


def _candidate(name: str, scores: Scores, chances: Float64 | None, place: int) -> Candidate:
    return Candidate(name, *scores.of(0, place), None if chances is None else float(chances[place]))


def probabilities(llrs: Float64, prior: float) -> Float64:
    """Return the probability of each person (people,); the rest to 1 is that of somebody else."""
    logs = np.append(np.log(prior / len(llrs)) + llrs, np.log1p(-prior))
    shares = np.exp(logs - logs.max())
    return np.asarray((shares / shares.sum())[:-1])
