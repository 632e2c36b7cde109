"""tdy's score: minus the mean L2 distance between all crops of one side and of the other.

With length-normed crops u_i (enrolment) and v_j (test), 10 each:

    score = - 1/100 sum_ij |u_i - v_j|,   |u - v|^2 = 2 - 2 u · v

in float64, where the squared distance of nearly equal crops keeps eight digits.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from speakernet.arrays import Float64, Indices
from speakernet.backend.cosine import length_norm
from speakernet.backend.parallel import map_blocks

BLOCK = 256  # trials; two gathered blocks of 10 crops of 512 dimensions take 21 MB


def norm_crops(embeddings: NDArray[np.floating], names: Sequence[str] = ()) -> Float64:
    """Length-norm every crop of (utterances, crops, dim); ``names`` of utterances, for errors."""
    rows = embeddings.reshape(-1, embeddings.shape[-1])
    of_rows = [name for name in names for _ in range(embeddings.shape[1])]
    return length_norm(rows, of_rows).reshape(embeddings.shape)


def crop_distance_scores(enroll: Float64, test: Float64, left: Indices, right: Indices) -> Float64:
    """Return the score of each pair (pairs,) of rows of (utterances, crops, dim), length-normed."""
    scores = np.empty(len(left))

    def score(block: slice) -> None:
        products = np.matmul(enroll[left[block]], test[right[block]].transpose(0, 2, 1))
        squares = np.maximum(2 - 2 * products, 0)
        scores[block] = -np.sqrt(squares).mean(axis=(1, 2))

    map_blocks(score, len(left), BLOCK)
    return scores
