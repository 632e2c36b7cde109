"""Cost of log-likelihood ratios, and its minimum over all monotone maps of the scores.

    Cllr = 1/2 [ mean over targets of log2(1 + e^-s) + mean over non-targets of log2(1 + e^s) ]

in bits: 0 is perfect, 1 is what constant scores of 0 give. minCllr is Cllr after the best
non-decreasing map, found by pooling adjacent violators (PAV), that is isotonic regression of the
labels on the scores; equal scores are pooled first, so that the order of trials never matters.
With T targets and N non-targets a pool whose share of targets is p has

    LLR = logit(p) - log(T / N)

which is infinite in pools of one class; those trials cost nothing.

Reference: N. Bruemmer and J. du Preez, "Application-independent evaluation of speaker detection",
Computer Speech and Language 20 (2006). All float64.

Papers:

- Bruemmer and du Preez: https://doi.org/10.1016/j.csl.2005.08.001
"""

import numpy as np
from numpy.typing import ArrayLike

from speakernet.arrays import Bool, Float64
from speakernet.metrics.det import SortedScores, check_scores


def cllr(scores: ArrayLike, is_target: ArrayLike) -> float:
    """Return Cllr in bits of natural log-likelihood ratios ``scores`` (trials,)."""
    values, labels = check_scores(scores, is_target)
    return _cllr(values, labels)


def min_cllr(scores: ArrayLike, is_target: ArrayLike) -> float:
    """Return Cllr in bits after the best monotone map of ``scores`` (trials,)."""
    llrs, labels = pav_llrs(SortedScores.of(scores, is_target))
    return _cllr(llrs, labels)


def pav_llrs(ranked: SortedScores) -> tuple[Float64, Bool]:
    """Return the optimally calibrated LLRs, maybe infinite, and labels, by rising score."""
    from scipy.optimize import isotonic_regression  # half a second to import

    first = np.concatenate([[0], ranked.last[:-1] + 1])
    sizes = ranked.last - first + 1
    targets = np.add.reduceat(ranked.is_target.astype(np.float64), first)
    pools = isotonic_regression(targets / sizes, weights=sizes).blocks
    # Counts of whole pools, as the regression's own sums may miss 0 and 1 by a rounding.
    pool_targets = np.add.reduceat(targets, pools[:-1])
    pool_sizes = np.add.reduceat(sizes, pools[:-1])
    num_target = int(ranked.is_target.sum())
    prior = np.log(num_target) - np.log(len(ranked.is_target) - num_target)
    with np.errstate(divide="ignore"):
        llrs = np.log(pool_targets) - np.log(pool_sizes - pool_targets) - prior
    return np.repeat(llrs, pool_sizes), ranked.is_target


def _cllr(llrs: Float64, is_target: Bool) -> float:
    target_cost = np.logaddexp(0, -llrs[is_target]).mean()
    nontarget_cost = np.logaddexp(0, llrs[~is_target]).mean()
    return float((target_cost + nontarget_cost) / 2 / np.log(2))
