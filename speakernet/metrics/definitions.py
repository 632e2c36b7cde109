"""The rules by which other toolkits compute EER and minDCF, to compare with their figures.

    name        EER                                           minDCF                     p_target
    speakernet  ties grouped, linear interpolation            ties grouped               .01 .05
    voxsrc2020  false-alarm rate at argmin |miss - fa| over   the same points            .01
                ROC points, collinear ones dropped
    tdy         larger of both rates at that point            single scores in order     .05
    nist        interpolated between the two points around    single scores in order     .01 .005
                the crossing, single scores in order
    voxsrc      straight lines between ROC points             single scores in order     .05

"Single scores in order" walks the sorted scores one by one, so that tied scores count in the order
of the trial list (rising sort; where the original's sort was not stable, ours is). Sources:
voxsrc2020_speaker_verification (eer_minDCF.py), voxceleb_trainer (tuneThreshold.py), NIST's
sre scoring script by S. Sadjadi as kept by wespeaker, VoxSRC2020 (compute_EER, compute_min_dcf).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from speakernet.arrays import Bool, Float64
from speakernet.config import Registry
from speakernet.metrics.dcf import OperatingPoint, detection_costs, min_dcf
from speakernet.metrics.det import DetCurve, SortedScores, check_scores, eer

Rates = tuple[Float64, Float64]  # p_miss, p_fa


@dataclass(frozen=True)
class Definition:
    """How one toolkit turns scores (trials,) and labels (trials,) into its two figures."""

    name: str
    text: str
    p_targets: tuple[float, ...]
    eer: Callable[[Float64, Bool], float]
    min_dcf: Callable[[Float64, Bool, OperatingPoint], float]


definitions = Registry[Definition]("definition")


def _add(definition: Definition) -> None:
    definitions.register(definition.name)(definition)


def _curve(scores: ArrayLike, is_target: ArrayLike) -> DetCurve:
    return SortedScores.of(scores, is_target).curve()


def _roc_points(scores: Float64, is_target: Bool) -> Rates:
    """Return the curve by falling threshold from +inf, inner points of straight lines dropped."""
    curve = _curve(scores, is_target)
    accepted = np.rint((1 - curve.p_miss[::-1]) * curve.num_target)
    alarms = np.rint(curve.p_fa[::-1] * curve.num_nontarget)
    # The first real threshold opens the comparison: +inf is added to the curve afterwards.
    bend = np.logical_or(np.diff(alarms[1:], 2), np.diff(accepted[1:], 2))
    keep = np.concatenate([[True, True], bend, [True]]) if len(alarms) > 3 else slice(None)
    return 1 - accepted[keep] / curve.num_target, alarms[keep] / curve.num_nontarget


def _single_scores(scores: Float64, is_target: Bool) -> Rates:
    """Return the rates after each single score of a stable rising sort was passed."""
    values, labels = check_scores(scores, is_target)
    ranked = labels[np.argsort(values, kind="stable")]
    p_miss = np.cumsum(ranked) / ranked.sum()
    p_fa = 1 - np.cumsum(~ranked) / (~ranked).sum()
    return p_miss, p_fa


def _nearest(rates: Rates) -> int:
    return int(np.argmin(np.abs(rates[0] - rates[1])))


def _voxsrc2020_eer(scores: Float64, is_target: Bool) -> float:
    rates = _roc_points(scores, is_target)
    return float(rates[1][_nearest(rates)])


def _tdy_eer(scores: Float64, is_target: Bool) -> float:
    p_miss, p_fa = rates = _roc_points(scores, is_target)
    index = _nearest(rates)
    return float(max(p_miss[index], p_fa[index]))


def _nist_eer(scores: Float64, is_target: Bool) -> float:
    p_miss, p_fa = _single_scores(scores, is_target)
    p_miss, p_fa = np.append(0.0, p_miss), np.append(1.0, p_fa)
    after = int(np.flatnonzero(p_miss >= p_fa)[0])
    before = after - 1
    gap = p_fa[before] - p_miss[before]
    share = gap / (gap + p_miss[after] - p_fa[after])
    return float(p_miss[before] + share * (p_miss[after] - p_miss[before]))


def _lowest(rates: Rates, point: OperatingPoint) -> float:
    return float(detection_costs(*rates, point).min() / point.default_cost)


_add(
    Definition(
        "speakernet",
        "EER with equal scores grouped and linear interpolation at the crossing; minDCF at the "
        "best threshold, equal scores grouped, divided by min(C_miss p, C_fa (1 - p))",
        (0.01, 0.05),
        lambda scores, labels: eer(_curve(scores, labels)),
        lambda scores, labels, point: min_dcf(_curve(scores, labels), point),
    )
)
_add(
    Definition(
        "voxsrc2020",
        "EER is the false-alarm rate at the ROC point with the smallest |miss - false alarm|, "
        "without interpolation; minDCF over ROC points",
        (0.01,),
        _voxsrc2020_eer,
        lambda scores, labels, point: _lowest(_roc_points(scores, labels), point),
    )
)
_add(
    Definition(
        "tdy",
        "EER is the larger rate at the ROC point with the smallest |miss - false alarm|; minDCF "
        "over single scores in order",
        (0.05,),
        _tdy_eer,
        lambda scores, labels, point: _lowest(_single_scores(scores, labels), point),
    )
)
_add(
    Definition(
        "nist",
        "EER interpolated between the two points around the crossing, minDCF, both over single "
        "scores in order",
        (0.01, 0.005),
        _nist_eer,
        lambda scores, labels, point: _lowest(_single_scores(scores, labels), point),
    )
)
_add(
    Definition(
        "voxsrc",
        "EER where the straight lines between ROC points cross miss = false alarm; minDCF over "
        "single scores in order",
        (0.05,),
        lambda scores, labels: eer(_curve(scores, labels)),
        lambda scores, labels, point: _lowest(_single_scores(scores, labels), point),
    )
)
