"""What a system's pictures show, as a few hundred numbers, however many trials there are."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from speakernet.arrays import Float64
from speakernet.backend.config import CALIBRATED, QMF
from speakernet.metrics.dcf import OperatingPoint, act_dcf_of, min_dcf, min_dcf_index
from speakernet.metrics.det import DetCurve, eer
from speakernet.report.plots import LOG_ODDS, thinned
from speakernet.report.scored_list import ScoredList

MAX_POINTS, NUM_BINS, NUM_PRIORS = 240, 60, 37


@dataclass(frozen=True, eq=False)
class Histogram:
    """Shares of target and of non-target trials (bins,) between ``edges`` (bins + 1,).

    thresholds: those of the EER and of each minDCF, by their names.
    """

    edges: Float64
    target: Float64
    nontarget: Float64
    thresholds: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class BayesError:
    """Normalised costs over the logit of the prior (priors,).

    actual is None where scores are no log-likelihood ratios.
    """

    log_odds: Float64
    lowest: Float64
    actual: Float64 | None


@dataclass(frozen=True, eq=False)
class SystemCurves:
    """Of one system on one list.

    p_fa, p_miss: its DET curve (points,); low: half an error, the least rate that can be drawn;
    marks: both rates at the EER and at each minDCF.
    """

    name: str
    p_fa: Float64
    p_miss: Float64
    low: float
    eer: float
    marks: Mapping[str, tuple[float, float]]
    histogram: Histogram
    bayes: BayesError


def system_curves(
    name: str, kind: str, scored: ScoredList, points: Mapping[str, OperatingPoint]
) -> SystemCurves:
    """Return the curves of ``scored``; ``kind`` is that of its scores, as ``asnorm``."""
    curve, rate = scored.curve, eer(scored.curve)
    chosen = thinned(curve, MAX_POINTS)
    best = {f"minDCF({p})": min_dcf_index(curve, point) for p, point in points.items()}
    marks = {p: (float(curve.p_fa[i]), float(curve.p_miss[i])) for p, i in best.items()}
    thresholds = {p: float(curve.thresholds[i]) for p, i in best.items()}
    return SystemCurves(
        name,
        curve.p_fa[chosen],
        curve.p_miss[chosen],
        0.5 / max(curve.num_target, curve.num_nontarget),
        rate,
        {"EER": (rate, rate), **marks},
        _histogram(scored, {"EER": scored.threshold, **thresholds}),
        _bayes_error(curve, is_llr=kind.endswith((CALIBRATED, QMF))),
    )


def _histogram(scored: ScoredList, thresholds: Mapping[str, float]) -> Histogram:
    edges = np.histogram_bin_edges(scored.scores, NUM_BINS)
    kinds = scored.scores[scored.is_target], scored.scores[~scored.is_target]
    target, nontarget = (np.histogram(some, edges)[0] / len(some) for some in kinds)
    return Histogram(edges, target, nontarget, thresholds)


def _bayes_error(curve: DetCurve, *, is_llr: bool) -> BayesError:
    odds = np.linspace(*LOG_ODDS, NUM_PRIORS)
    points = [OperatingPoint(float(1 / (1 + np.exp(-o)))) for o in odds]
    lowest = np.array([min_dcf(curve, point) for point in points])
    actual = np.array([act_dcf_of(curve, point) for point in points]) if is_llr else None
    return BayesError(odds, lowest, actual)
