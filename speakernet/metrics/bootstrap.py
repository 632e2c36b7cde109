"""Figures under draws of speakers, not trials: what intervals (intervals.py) are made of.

Trials that share a speaker go wrong together, so that trials must not be drawn one by one. Each
replicate draws as many speakers as there are, with replacement. With c_i draws of speaker i, a
non-target trial between speakers i and j counts c_i c_j times, a target trial of speaker i c_i
times (two draws of one speaker are not compared with each other). Draws depend on the seed and the
labels only: two systems that scored the same trials get the same draws, in pairs.

A replicate costs one pass over the trials and no sorting: between two points where the label
changes only one of the rates moves, so that neither the EER nor any minDCF can change if such runs
are merged. What is left is exact, also at thresholds that are asked for (actDCF).

Reference: N. Poh and S. Bengio, "Estimating the confidence interval of expected performance curve
in biometric authentication using joint bootstrap", ICASSP 2007; B. Efron, "Bootstrap methods:
another look at the jackknife", Annals of Statistics 1979.

Papers:

- Efron: https://doi.org/10.1214/aos/1176344552
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from speakernet.arrays import Bool, Float64, Indices
from speakernet.config import UserError
from speakernet.metrics.det import DetCurve, check_scores, make_curve

Statistic = Callable[[DetCurve], Sequence[float]]

MAX_EMPTY_DRAWS = 100
MIN_SPEAKERS = 3
"""With two speakers, only draws of one each have trials of both kinds: always the same figures."""


@dataclass(frozen=True, eq=False)
class Runs:
    """Trials sorted by score and merged to runs of one kind.

    order: the sorting permutation (trials,); starts: first trial of each run (runs,); is_target:
    the kind of each run (runs,); is_point: whether the curve has a point after a run (runs,);
    thresholds: those of the curve's points (points + 1,).
    """

    order: Indices
    starts: Indices
    is_target: Bool
    is_point: Bool
    thresholds: Float64

    @classmethod
    def of(
        cls, scores: ArrayLike, is_target: ArrayLike, thresholds: Sequence[float] = ()
    ) -> "Runs":
        """Merge ``scores`` (trials,) with labels (trials,); equal scores stay together.

        Runs also end at ``thresholds``, so that the curve is exact there.
        """
        values, labels = check_scores(scores, is_target)
        order = np.lexsort((labels, values))
        ranked, kinds = values[order], labels[order]
        group = np.concatenate([[0], np.cumsum(ranked[1:] != ranked[:-1])])
        # A group of equal scores that has both kinds is two runs with no point between them.
        mixed = np.bincount(group, kinds) * np.bincount(group, ~kinds) > 0
        new_kind = kinds[1:] != kinds[:-1]
        new_group = group[1:] != group[:-1]
        touches_mixed = mixed[group[1:]] | mixed[group[:-1]]
        asked = np.searchsorted(ranked, thresholds)
        ends = 1 + np.flatnonzero(new_kind | (new_group & touches_mixed))
        inner = asked[(asked > 0) & (asked < len(ranked))]
        starts = np.concatenate([[0], np.union1d(ends, inner)]).astype(np.intp)
        is_point = np.append(new_group[starts[1:] - 1], True)
        points = ranked[starts[1:][is_point[:-1]]]
        found = np.concatenate([ranked[:1], points, [np.inf]])
        return cls(order, starts, kinds[starts], is_point, found)

    def curve(self, weights: NDArray[np.integer]) -> DetCurve:
        """Return the curve of trials, by rising score, that count ``weights`` times (trials,)."""
        sums = np.add.reduceat(weights, self.starts)
        below_target = np.cumsum(np.where(self.is_target, sums, 0))[self.is_point]
        below_nontarget = np.cumsum(np.where(self.is_target, 0, sums))[self.is_point]
        return make_curve(below_target, below_nontarget, self.thresholds)


def replicates(
    scores: ArrayLike,
    is_target: ArrayLike,
    enroll_speaker: Indices,
    test_speaker: Indices,
    statistic: Statistic,
    *,
    num_replicates: int,
    seed: int,
    thresholds: Sequence[float] = (),
) -> Iterator[Sequence[float]]:
    """Yield ``statistic`` of each replicate; its curves are exact at ``thresholds``.

    Speakers are numbers (trials,) from 0. Raises UserError where the label of a trial does not fit
    its speakers, for fewer than three speakers, or if (almost) no draw has trials of both kinds.
    """
    labels = np.asarray(is_target, dtype=bool)
    if not np.array_equal(labels, enroll_speaker == test_speaker):
        first = int(np.flatnonzero(labels != (enroll_speaker == test_speaker))[0])
        raise UserError(f"trial {first + 1}: its label does not fit its speakers in utt2spk")
    runs = Runs.of(scores, labels, thresholds)
    found = len(np.union1d(enroll_speaker, test_speaker))
    if found < MIN_SPEAKERS:
        raise UserError(
            f"the trials have {found} speakers; an interval by drawing speakers needs "
            f"{MIN_SPEAKERS} or more (without --bootstrap there is none)"
        )
    num_speakers = int(max(enroll_speaker.max(), test_speaker.max())) + 1
    left, right = enroll_speaker[runs.order], test_speaker[runs.order]
    same = np.flatnonzero(left == right)
    generator = np.random.default_rng(seed)
    for _ in range(num_replicates):
        for _ in range(MAX_EMPTY_DRAWS):
            drawn = generator.integers(num_speakers, size=num_speakers)
            counts = np.bincount(drawn, minlength=num_speakers)
            weights = counts[left] * counts[right]
            weights[same] = counts[left[same]]
            num_target = int(weights[same].sum())
            if 0 < num_target < weights.sum():
                break
        else:
            raise UserError(f"{num_speakers} speakers: too few to draw both kinds of trials")
        yield statistic(runs.curve(weights))
