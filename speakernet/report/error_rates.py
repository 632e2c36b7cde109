"""Errors at the threshold of the EER by speaker, pair of speakers, language, duration, session."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from speakernet.arrays import Bool, Indices
from speakernet.metrics.det import det_curve, eer
from speakernet.report.scored_list import ScoredList

DURATIONS_S = (0.0, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 20.0, 40.0, np.inf)


@dataclass(frozen=True)
class Group:
    """Some trials of a list: how many of each kind there are, and how many are wrong.

    eer: of these trials alone, as a fraction; None where one kind is missing.
    """

    name: str
    num_target: int
    num_miss: int
    num_nontarget: int
    num_false_alarm: int
    eer: float | None = None

    @property
    def miss_rate(self) -> float | None:
        """Share of the targets that are rejected."""
        return self.num_miss / self.num_target if self.num_target else None

    @property
    def false_alarm_rate(self) -> float | None:
        """Share of the non-targets that are accepted."""
        return self.num_false_alarm / self.num_nontarget if self.num_nontarget else None


def by_speaker(scored: ScoredList) -> list[Group]:
    """Return the trials of each speaker; those of two speakers count for both."""
    left, right = (scored.speaker_of[side] for side in (scored.enroll, scored.test))
    num_speakers = len(scored.speakers)

    def count(chosen: Bool, *sides: Indices) -> Indices:
        counts = [np.bincount(side[chosen], minlength=num_speakers) for side in sides]
        return np.sum(counts, axis=0)

    columns = (
        count(scored.is_target, left),
        count(scored.is_miss, left),
        count(~scored.is_target, left, right),
        count(scored.is_false_alarm, left, right),
    )
    rows = zip(scored.speakers, *(column.tolist() for column in columns), strict=True)
    return [Group(*row) for row in rows]


def by_pair(scored: ScoredList) -> list[tuple[str, str, int, int]]:
    """Return pairs of speakers with false alarms: names, non-target trials, false alarms.

    The pair with most false alarms comes first.
    """
    sides = [scored.speaker_of[side] for side in (scored.enroll, scored.test)]
    codes = np.minimum(*sides) * len(scored.speakers) + np.maximum(*sides)
    pairs, alarms = np.unique(codes[scored.is_false_alarm], return_counts=True)
    if not pairs.size:
        return []
    others = codes[~scored.is_target]
    places = np.minimum(np.searchsorted(pairs, others), len(pairs) - 1)
    totals = np.bincount(places[pairs[places] == others], minlength=len(pairs))
    order = np.lexsort((pairs, -alarms))
    names = scored.speakers
    return [
        (
            names[pairs[i] // len(names)],
            names[pairs[i] % len(names)],
            int(totals[i]),
            int(alarms[i]),
        )
        for i in order.tolist()
    ]


def by_duration(scored: ScoredList, seconds: Mapping[str, float]) -> list[Group]:
    """Return the trials by the duration of their shorter side; without one they are left out."""
    known = np.array([seconds.get(name, np.nan) for name in scored.utterances])
    shorter = np.minimum(known[scored.enroll], known[scored.test])
    bins = np.digitize(shorter, DURATIONS_S) - 1
    bins[np.isnan(shorter)] = -1
    names = [_span(*pair) for pair in pairwise(DURATIONS_S)]
    return _groups(scored, bins, names)


def _span(low: float, high: float) -> str:
    return f"{low:g} s and more" if np.isinf(high) else f"{low:g} to {high:g} s"


def by_language(scored: ScoredList, languages: Mapping[str, str]) -> list[Group]:
    """Return the trials within each language, and those across two.

    ``languages``: of utterances; trials with one that is not there are left out.
    """
    names = sorted({languages[name] for name in scored.utterances if name in languages})
    numbers = {name: number for number, name in enumerate(names)}
    none = len(names) + 1
    of = [numbers[languages[u]] if u in languages else none for u in scored.utterances]
    left, right = (np.array(of)[side] for side in (scored.enroll, scored.test))
    codes = np.where(left == right, left, len(names))
    codes[(left == none) | (right == none)] = -1
    return _groups(scored, codes, [*names, "two languages"])


def by_session(scored: ScoredList, sessions: Mapping[str, str]) -> tuple[list[Group], list[Group]]:
    """Return targets of one and of two sessions, and the targets of each session.

    ``sessions``: of utterances; trials with one that is not there are left out.
    """
    names = sorted({sessions[name] for name in scored.utterances if name in sessions})
    numbers = {name: number for number, name in enumerate(names)}
    of = np.array([numbers.get(sessions.get(u, ""), -1) for u in scored.utterances])
    left, right = of[scored.enroll], of[scored.test]
    known = (left >= 0) & (right >= 0) & scored.is_target
    kinds = np.where(known, np.where(left == right, 0, 1), -1)
    columns: list[list[int]] = []
    for chosen in (known, known & scored.is_miss):
        once = chosen & (left == right)
        counts = np.bincount(left[chosen], minlength=len(names))
        counts += np.bincount(right[chosen & ~once], minlength=len(names))
        columns.append(counts.tolist())
    counts_of_each = zip(names, *columns, strict=True)
    each = [Group(name, targets, misses, 0, 0) for name, targets, misses in counts_of_each]
    return _groups(scored, kinds, ["one session", "two sessions"]), each


def _groups(scored: ScoredList, codes: NDArray[np.integer], names: Sequence[str]) -> list[Group]:
    """Return the groups that have trials: of those with code i, called ``names[i]``."""
    chosen = codes >= 0
    kinds = (scored.is_target, scored.is_miss, ~scored.is_target, scored.is_false_alarm)
    counts = [np.bincount(codes[chosen & kind], minlength=len(names)).tolist() for kind in kinds]
    return [
        Group(name, targets, misses, others, alarms, _eer_of(scored, codes == code))
        for code, (name, targets, misses, others, alarms) in enumerate(
            zip(names, *counts, strict=True)
        )
        if targets or others
    ]


def _eer_of(scored: ScoredList, chosen: Bool) -> float | None:
    labels = scored.is_target[chosen]
    if labels.all() or not labels.any():
        return None
    return eer(det_curve(scored.scores[chosen], labels))
