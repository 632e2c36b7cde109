"""Score normalisation against a cohort of other speakers: S-norm and adaptive S-norm.

With mean and deviation of a side's N largest scores against the cohort (S-norm: of all of them)

    s' = 1/2 [ (s - mean_enroll) / std_enroll + (s - mean_test) / std_test ]

The deviation divides by N, not N - 1, as voxsrc2020's. All float64: the deviation of the ten best
scores is so small that it would carry float32's rounding into the fifth decimal.

References: S. Shum et al., "Unsupervised speaker adaptation based on the cosine similarity",
Odyssey 2010; P. Matejka et al., "Analysis of score normalization in multilingual speaker
recognition", Interspeech 2017 (AS-norm1).

Papers:

- Matejka et al.: https://doi.org/10.21437/Interspeech.2017-803
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from speakernet.arrays import Float64, Indices
from speakernet.backend.parallel import map_blocks
from speakernet.config import UserError

BLOCK = 512  # rows; scores against 6,000 cohort speakers take 25 MB


@dataclass(frozen=True, eq=False)
class CohortStatistics:
    """Mean and standard deviation of each row's cohort scores; both (rows,), float64."""

    mean: Float64
    std: Float64


def cohort_size(top_n: int | float, cohort: int) -> int:
    """Return how many of ``cohort`` scores ``top_n`` means: a count (capped) or a share < 1."""
    wanted = top_n if isinstance(top_n, int) else max(2, round(top_n * cohort))
    return min(wanted, cohort)


def cohort_statistics(
    rows: Float64,
    cohort: Float64,
    top_n: int,
    own: Indices | None = None,
    names: Sequence[str] = (),
) -> CohortStatistics:
    """Return the statistics of each row's ``top_n`` largest dot products with the cohort.

    rows (rows, dim) are length-normed; cohort (speakers, dim) is used as it is. own (rows,): which
    of the cohort is the row's own speaker and left out, -1 for none. names: of rows, for errors.
    Raises UserError where the
    chosen scores of a row are all equal, as there is nothing to divide by, and where the cohort
    is smaller than ``top_n``.
    """
    if top_n > len(cohort) - (own is not None) or top_n < 2:
        raise UserError(f"the {top_n} best of {len(cohort)} cohort scores: too few to normalise by")
    mean, std = np.empty(len(rows)), np.empty(len(rows))

    def collect(block: slice) -> None:
        scores = rows[block] @ cohort.T
        if own is not None:
            with_own = np.flatnonzero(own[block] >= 0)
            scores[with_own, own[block][with_own]] = -np.inf
        if top_n < len(cohort):
            scores.partition(len(cohort) - top_n, axis=1)
            scores = scores[:, -top_n:]
        mean[block] = scores.mean(axis=1)
        std[block] = scores.std(axis=1, mean=mean[block][:, None])

    map_blocks(collect, len(rows), BLOCK)
    if not (std > 0).all():
        row = int(np.flatnonzero(~(std > 0))[0])
        name = f"'{names[row]}'" if names else f"row {row + 1}"
        raise UserError(
            f"the embedding of {name} has the same score against all {top_n} of the cohort"
        )
    return CohortStatistics(mean, std)


def normalize_scores(
    scores: Float64, enroll: CohortStatistics, test: CohortStatistics, left: Indices, right: Indices
) -> Float64:
    """Return normalised ``scores`` (pairs,); left and right (pairs,) are rows of both sides."""
    by_enroll = (scores - enroll.mean[left]) / enroll.std[left]
    by_test = (scores - test.mean[right]) / test.std[right]
    return 0.5 * (by_enroll + by_test)
