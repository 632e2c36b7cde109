"""Detection error trade-off: miss and false-alarm rates at every threshold, and their equal point.

A trial is accepted where its score >= threshold. Over the distinct scores t_1 < ... < t_n and
t_{n+1} = +inf the curve has the n + 1 points

    p_miss(t) = #{targets < t} / #targets        p_fa(t) = #{non-targets >= t} / #non-targets

from (0, 1) at t_1 to (1, 0) at +inf. Equal scores share one point, so the order of trials never
matters. The EER is read off the straight lines between neighbouring points, where p_miss = p_fa:
separable scores give 0, scores that are all tied give 1/2. Everything is float64.

Reference: A. Martin et al., "The DET curve in assessment of detection task performance",
Eurospeech 1997.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from speakernet.arrays import Bool, Float64, Indices
from speakernet.config import UserError


@dataclass(frozen=True, eq=False)
class DetCurve:
    """The points of one curve, by rising threshold; all arrays have shape (points,)."""

    thresholds: Float64
    p_miss: Float64
    p_fa: Float64
    num_target: int
    num_nontarget: int


@dataclass(frozen=True, eq=False)
class SortedScores:
    """Labels by rising score, and where groups of equal scores end.

    is_target: labels (trials,); last: index of the last member of each group (distinct,);
    values: the distinct scores (distinct,).
    """

    is_target: Bool
    last: Indices
    values: Float64

    @classmethod
    def of(cls, scores: ArrayLike, is_target: ArrayLike) -> "SortedScores":
        """Sort ``scores`` (trials,) with labels ``is_target`` (trials,).

        Raises UserError for scores that are not finite, or where one class is missing.
        """
        values, labels = check_scores(scores, is_target)
        order = np.argsort(values, kind="stable")
        ranked = values[order]
        last = np.append(np.flatnonzero(ranked[1:] != ranked[:-1]), len(ranked) - 1)
        return cls(labels[order], last, ranked[last])

    def curve(self) -> DetCurve:
        """Return the curve with one point below each distinct score and one above all."""
        below_target = np.cumsum(self.is_target, dtype=np.intp)[self.last]
        below_nontarget = self.last + 1 - below_target
        return make_curve(below_target, below_nontarget, np.append(self.values, np.inf))


def make_curve(
    below_target: NDArray[np.integer], below_nontarget: NDArray[np.integer], thresholds: Float64
) -> DetCurve:
    """Return the curve of how many trials of each kind lie below all thresholds but the first.

    Counts are (points - 1,), thresholds (points,); the last counts are those of all trials.
    """
    num_target, num_nontarget = int(below_target[-1]), int(below_nontarget[-1])
    if not num_target or not num_nontarget:
        raise UserError("no target or no non-target trials; error rates need both kinds")
    return DetCurve(
        thresholds,
        np.concatenate([[0.0], below_target / num_target]),
        np.concatenate([[1.0], (num_nontarget - below_nontarget) / num_nontarget]),
        num_target,
        num_nontarget,
    )


def check_scores(scores: ArrayLike, is_target: ArrayLike) -> tuple[Float64, Bool]:
    """Return ``scores`` as float64 and labels as booleans, both (trials,), or raise UserError."""
    values = np.asarray(scores, dtype=np.float64)
    labels = np.asarray(is_target, dtype=bool)
    if values.ndim != 1 or values.shape != labels.shape:
        raise UserError(f"{values.shape} scores do not fit {labels.shape} labels")
    if not np.isfinite(values).all():
        first = int(np.flatnonzero(~np.isfinite(values))[0])
        raise UserError(f"score {first + 1} is {values[first]}; expected a finite number")
    num_target = int(labels.sum())
    if num_target == 0 or num_target == len(labels):
        missing = "non-target" if num_target else "target"
        raise UserError(f"{len(labels)} trials without any {missing}; error rates need both kinds")
    return values, labels


def det_curve(scores: ArrayLike, is_target: ArrayLike) -> DetCurve:
    """Return the DET curve of ``scores`` (trials,) with labels ``is_target`` (trials,)."""
    return SortedScores.of(scores, is_target).curve()


def eer(curve: DetCurve) -> float:
    """Return the equal error rate as a fraction: where the joined points cross p_miss = p_fa."""
    return _crossing(curve)[0]


def eer_threshold(curve: DetCurve) -> float:
    """Return the lowest threshold of the curve where p_miss >= p_fa (+inf if only there)."""
    return float(curve.thresholds[_crossing(curve)[1]])


def _crossing(curve: DetCurve) -> tuple[float, int]:
    # p_miss - p_fa rises from -1 to 1, so that there is always a first point at or past zero.
    difference = curve.p_miss - curve.p_fa
    after = int(np.searchsorted(difference, 0.0))
    before = after - 1
    share = difference[before] / (difference[before] - difference[after])
    rate = curve.p_miss[before] + share * (curve.p_miss[after] - curve.p_miss[before])
    return float(rate), after
