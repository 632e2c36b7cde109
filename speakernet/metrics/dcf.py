"""Detection cost: C_det = C_miss * P_target * P_miss + C_fa * (1 - P_target) * P_fa.

Reported costs are normalised by the cost of the better system without any input (accept nothing
or everything): min(C_miss * P_target, C_fa * (1 - P_target)). minDCF takes the best threshold
afterwards; actDCF takes the Bayes threshold, as if scores were natural log-likelihood ratios:

    threshold = log(C_fa * (1 - P_target)) - log(C_miss * P_target)

Reference: NIST Speaker Recognition Evaluation plans (2008, 2016). All float64.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from speakernet.arrays import Float64
from speakernet.config import UserError
from speakernet.metrics.det import DetCurve, check_scores


@dataclass(frozen=True)
class OperatingPoint:
    """A prior of targets and the costs of both errors; UserError if outside 0 < p < 1, c > 0."""

    p_target: float
    c_miss: float = 1.0
    c_fa: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.p_target < 1:
            raise UserError(f"p_target {self.p_target}: expected a number between 0 and 1")
        if not (0 < self.c_miss < math.inf and 0 < self.c_fa < math.inf):
            raise UserError(f"costs {self.c_miss}, {self.c_fa}: expected positive numbers")

    @property
    def default_cost(self) -> float:
        """The cost of the better system that does not look at its input."""
        return min(self.c_miss * self.p_target, self.c_fa * (1 - self.p_target))

    @property
    def bayes_threshold(self) -> float:
        """The log-likelihood ratio from which accepting is cheaper than rejecting."""
        return math.log(self.c_fa * (1 - self.p_target)) - math.log(self.c_miss * self.p_target)


def detection_costs(p_miss: ArrayLike, p_fa: ArrayLike, point: OperatingPoint) -> Float64:
    """Return the unnormalised C_det of each pair of error rates; shapes are kept."""
    p_miss, p_fa = np.asarray(p_miss, np.float64), np.asarray(p_fa, np.float64)
    return point.c_miss * p_miss * point.p_target + point.c_fa * p_fa * (1 - point.p_target)


def min_dcf(curve: DetCurve, point: OperatingPoint) -> float:
    """Return the lowest normalised cost over all thresholds: between 0 and 1."""
    costs = detection_costs(curve.p_miss, curve.p_fa, point)
    return float(costs.min() / point.default_cost)


def min_dcf_index(curve: DetCurve, point: OperatingPoint) -> int:
    """Return which point of the curve has the lowest cost (the first of equals)."""
    return int(np.argmin(detection_costs(curve.p_miss, curve.p_fa, point)))


def act_dcf_of(curve: DetCurve, point: OperatingPoint) -> float:
    """Return the normalised cost of a curve at the Bayes threshold; scores are LLRs.

    The curve needs a point there: every curve of all its scores has one.
    """
    index = int(np.searchsorted(curve.thresholds, point.bayes_threshold))
    costs = detection_costs(curve.p_miss[index], curve.p_fa[index], point)
    return float(costs / point.default_cost)


def c_det(
    scores: ArrayLike, is_target: ArrayLike, point: OperatingPoint, threshold: float
) -> float:
    """Return the unnormalised detection cost of accepting scores >= ``threshold``."""
    values, labels = check_scores(scores, is_target)
    accepted = values >= threshold
    p_miss = np.mean(~accepted[labels], dtype=np.float64)
    p_fa = np.mean(accepted[~labels], dtype=np.float64)
    return float(detection_costs(p_miss, p_fa, point))


def act_dcf(scores: ArrayLike, is_target: ArrayLike, point: OperatingPoint) -> float:
    """Return the normalised cost at the Bayes threshold; ``scores`` (trials,) are LLRs."""
    return c_det(scores, is_target, point, point.bayes_threshold) / point.default_cost
