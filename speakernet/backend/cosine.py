"""Cosine scores: the dot product of length-normed embeddings, in blocks of trials.

Embeddings come as float32; all arithmetic from there on is float64.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from speakernet.arrays import Float64, Indices
from speakernet.backend.parallel import map_blocks
from speakernet.config import UserError

BLOCK = 8192  # trials; two gathered blocks of 256 dimensions take 32 MB


def length_norm(embeddings: NDArray[np.floating], names: Sequence[str] = ()) -> Float64:
    """Return the rows of ``embeddings`` (rows, dim) divided by their L2 norms.

    Raises UserError for a row that is zero or not finite: it has no direction. ``names``: how
    errors call the rows.
    """
    rows = embeddings.astype(np.float64)
    norms = np.sqrt(np.einsum("nd,nd->n", rows, rows))
    bad = np.flatnonzero(~(norms > 0) | ~np.isfinite(norms))
    if len(bad):
        name = f"'{names[bad[0]]}'" if names else f"row {bad[0] + 1}"
        raise UserError(
            f"the embedding of {name} has the norm {norms[bad[0]]:g}; it has no direction"
        )
    rows /= norms[:, None]
    return rows


def cosine_scores(enroll: Float64, test: Float64, left: Indices, right: Indices) -> Float64:
    """Return enroll[left] · test[right] for each trial, (trials,).

    enroll (models, dim) and test (utterances, dim) are length-normed; left and right (trials,)
    are rows of them.
    """
    scores = np.empty(len(left))

    def score(block: slice) -> None:
        np.einsum("td,td->t", enroll[left[block]], test[right[block]], out=scores[block])

    map_blocks(score, len(left), BLOCK)
    return scores
