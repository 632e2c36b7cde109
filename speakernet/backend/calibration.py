"""Logistic-regression calibration and fusion: scores to log-likelihood ratios.

    LLR = offset + sum_k weight_k x_k

where x are the scores of one or several systems and measures of the trial's quality. Weights
minimise the prior-weighted cross-entropy over trials of other speakers than those of the test,

    p / T sum_targets log(1 + e^-(LLR + l)) + (1 - p) / N sum_others log(1 + e^(LLR + l))

with l = logit p and a small penalty on weights of standardised x, so that separable training trials
have a finite optimum. scikit-learn's Newton method finds it; float64. Reference: N. Bruemmer et
al., "Fusion of heterogeneous speaker recognition systems in the STBU submission for the NIST SRE
2006", IEEE TASLP 15 (2007), https://doi.org/10.1109/TASL.2007.902870.
"""

import warnings
from dataclasses import dataclass

import numpy as np

from speakernet.arrays import Bool, Float64
from speakernet.config import UserError

PENALTY = 1e-9
MAX_STEPS = 200
# Of the gradient: the goal, and what is still accepted where rounding or a handful of separable
# trials keep the solver from it. At the goal weights are within 1e-9 of the optimum.
TOLERANCE = 1e-14
ACCEPTED = 1e-11


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
    slopes, constant = _optimum((features - mean) / scale, is_target, p_target)
    slopes = slopes / scale
    return Calibration(names, tuple(slopes.tolist()), float(constant - slopes @ mean), p_target)


def _check(features: Float64, is_target: Bool, names: tuple[str, ...]) -> None:
    if is_target.all() or not is_target.any():
        raise UserError("calibration needs target and non-target trials")
    for name, column in zip(names, features.T, strict=True):
        if not np.isfinite(column).all():
            raise UserError(f"calibration: '{name}' is not finite for every trial")
        if column.std() == 0:
            raise UserError(f"calibration: '{name}' is the same for every trial; leave it out")


def _optimum(x: Float64, is_target: Bool, p_target: float) -> tuple[Float64, float]:
    """Return the weights (names,) of standardised features and the offset."""
    from sklearn.linear_model import LogisticRegression  # a second to import

    shares = np.where(is_target, p_target / is_target.sum(), (1 - p_target) / (~is_target).sum())
    model = LogisticRegression(
        C=1 / PENALTY, solver="newton-cholesky", tol=TOLERANCE, max_iter=MAX_STEPS
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of detours; what counts is where it ends
        model.fit(x, is_target, sample_weight=shares)
    weights, constant = model.coef_[0], float(model.intercept_[0])
    errors = shares * (model.predict_proba(x)[:, 1] - is_target)
    if max(abs(errors.sum()), *abs(errors @ x + PENALTY * weights)) > ACCEPTED:
        raise UserError(f"calibration did not converge in {MAX_STEPS} steps")
    return weights, constant - np.log(p_target) + np.log1p(-p_target)
