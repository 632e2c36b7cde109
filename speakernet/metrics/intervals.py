"""Confidence intervals from a figure and its draws of speakers (bootstrap.py).

The draws say how far a figure spreads, not where its truth lies: rates near 0 are skewed, and a
minimum over thresholds is too low in every draw, so that quantiles of the draws lie too low. So the
interval is symmetric about the estimate x on a scale g without an end nearby, as wide as the
draws x_b spread there, with the quantile t of Student's distribution for K speakers:

    g^-1( g(x) ± t(K - 1) sd_b(g(x_b)) )

g is the logit for EER and minDCF, which lie between 0 and 1, the logarithm for actDCF, which has
no upper end, and the identity for a difference of two systems under the same draws. How often it
holds the truth: docs/scoring.md, benchmarks/coverage.py.

Reference: B. Efron and R. Tibshirani, "An introduction to the bootstrap", 1993, chapters 12 and 13
(intervals by standard errors, on a transformed scale).
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike

from speakernet.arrays import Float64

CONFIDENCE = 0.95


def _logit(rate: Float64) -> Float64:
    return np.asarray(np.log(rate) - np.log1p(-rate))


def _expit(value: Float64) -> Float64:
    return np.asarray(1 / (1 + np.exp(-value)))


def _same(value: Float64) -> Float64:
    return value


_Map = Callable[[Float64], Float64]

SCALES: Mapping[str, tuple[_Map, _Map]] = MappingProxyType(
    {"rate": (_logit, _expit), "cost": (np.log, np.exp), "difference": (_same, _same)}
)
"""The scale of each kind of figure, and the way back. Rates lie between 0 and 1."""


def interval(
    kind: str,
    estimate: float,
    draws: ArrayLike,
    *,
    num_speakers: int,
    least: float = 0.0,
    confidence: float = CONFIDENCE,
) -> tuple[float, float]:
    """Return the lower and upper bound of a figure.

    ``kind`` is one of SCALES; ``draws`` (replicates,) are the figure under each draw of
    ``num_speakers`` speakers. ``least`` is the smallest value that is told from 0, as half an error
    among all target trials: less counts as so much, and a rate above ``1 - least`` as that. An
    estimate of 0 (or 1) that no draw moves says only that no speaker of so many had an error: its
    other bound is that of a proportion (Clopper and Pearson) of ``num_speakers``.
    """
    to_scale, back = SCALES[kind]
    low, high = _limits(kind, least)
    centre = np.clip(np.array(estimate, np.float64), low, high)
    spread = np.std(to_scale(np.clip(np.asarray(draws, np.float64), low, high)), ddof=1)
    tail = (1 - confidence) / 2
    half = student_quantile(1 - tail, num_speakers - 1) * float(spread)
    if not half and kind == "rate" and not low < centre < high:
        share = 1 - tail ** (1 / num_speakers)
        return (0.0, share) if centre <= low else (1 - share, 1.0)
    below, above = (float(back(np.asarray(to_scale(centre) + sign * half))) for sign in (-1, 1))
    return (0.0 if centre <= low else below), (1.0 if centre >= high else above)


def _limits(kind: str, least: float) -> tuple[float, float]:
    if kind == "difference":
        return -np.inf, np.inf
    return least, (1 - least if kind == "rate" else np.inf)


def student_quantile(probability: float, degrees: int) -> float:
    """Return a quantile of Student's t distribution."""
    from scipy.special import stdtrit

    return float(stdtrit(degrees, probability))
