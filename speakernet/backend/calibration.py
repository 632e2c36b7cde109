"""Logistic-regression calibration and fusion: scores to log-likelihood ratios.

    LLR = offset + sum_k weight_k x_k

where x are the scores of one or several systems and measures of the trial's quality. Weights
minimise the prior-weighted cross-entropy over trials of other speakers than those of the test,

    p / T sum_targets log(1 + e^-(LLR + l)) + (1 - p) / N sum_others log(1 + e^(LLR + l))

with l = logit p and a small penalty on weights of standardised x, so that separable training trials
have a finite optimum. Newton's method; float64. Reference: N. Bruemmer et al., "Fusion of
heterogeneous speaker recognition systems in the STBU submission for the NIST SRE 2006", IEEE TASLP
15 (2007).
"""

from dataclasses import dataclass

import numpy as np

from speakernet.arrays import Bool, Float64
from speakernet.config import UserError

PENALTY = 1e-9
MAX_STEPS = 100
TOLERANCE = 1e-12


@dataclass(frozen=True)
class Calibration:
    """An affine map from features, by name, to log-likelihood ratios in nats."""

    names: tuple[str, ...]
    weights: tuple[float, ...]
    offset: float
    p_target: float

    def apply(self, features: Float64) -> Float64:
        """Return the LLRs (trials,) of features (trials, names)."""
        return np.asarray(self.offset + features @ np.array(self.weights))


def fit_calibration(
    features: Float64, is_target: Bool, names: tuple[str, ...], p_target: float
) -> Calibration:
    """Fit to features (trials, names) with labels (trials,) at the prior ``p_target``.

    Raises UserError if a class is missing, a feature is not finite or does not vary, or the
    optimum is not found.
    """
    _check(features, is_target, names)
    mean, scale = features.mean(axis=0), features.std(axis=0)
    x = np.column_stack([(features - mean) / scale, np.ones(len(features))])
    shift = np.log(p_target) - np.log1p(-p_target)
    shares = np.where(is_target, p_target / is_target.sum(), (1 - p_target) / (~is_target).sum())
    weights = _newton(x, is_target, shares, shift)
    slopes = weights[:-1] / scale
    offset = float(weights[-1] - slopes @ mean)
    return Calibration(names, tuple(slopes.tolist()), offset, p_target)


def _check(features: Float64, is_target: Bool, names: tuple[str, ...]) -> None:
    if is_target.all() or not is_target.any():
        raise UserError("calibration needs target and non-target trials")
    for name, column in zip(names, features.T, strict=True):
        if not np.isfinite(column).all():
            raise UserError(f"calibration: '{name}' is not finite for every trial")
        if column.std() == 0:
            raise UserError(f"calibration: '{name}' is the same for every trial; leave it out")


def _newton(x: Float64, is_target: Bool, shares: Float64, shift: float) -> Float64:
    """Minimise the objective over weights (features + 1,); halve steps that do not descend."""
    signs = np.where(is_target, -1.0, 1.0)
    penalty = np.append(np.full(x.shape[1] - 1, PENALTY), 0.0)

    def objective(weights: Float64) -> float:
        cost = shares @ np.logaddexp(0, signs * (x @ weights + shift))
        return float(cost + penalty @ weights**2 / 2)

    weights = np.zeros(x.shape[1])
    value = objective(weights)
    for _ in range(MAX_STEPS):
        posterior = 1 / (1 + np.exp(-np.clip(x @ weights + shift, -500, 500)))
        gradient = x.T @ (shares * (posterior - is_target)) + penalty * weights
        curvature = shares * posterior * (1 - posterior)
        hessian = (x * curvature[:, None]).T @ x + np.diag(penalty + 1e-12)
        step = np.linalg.solve(hessian, gradient)
        if gradient @ step < TOLERANCE:
            return weights
        length = 1.0
        while (new := objective(weights - length * step)) > value and length > 1e-10:
            length /= 2
        weights, value = weights - length * step, new
    raise UserError(f"calibration did not converge in {MAX_STEPS} steps")
