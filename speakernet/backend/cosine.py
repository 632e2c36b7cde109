"""Cosine scores: the dot product of length-normed embeddings, in blocks of trials.

Embeddings and products are float32, as the published systems compute them.
"""

import numpy as np
from numpy.typing import NDArray

from speakernet.backend.parallel import map_blocks
from speakernet.config import UserError

Embeddings = NDArray[np.float32]
Rows = NDArray[np.intp]

BLOCK = 16384  # trials; two gathered blocks of 256 dimensions stay in a CPU's cache


def length_norm(embeddings: NDArray[np.floating]) -> Embeddings:
    """Return the rows of ``embeddings`` (rows, dim) divided by their L2 norms.

    Raises UserError for a row that is zero or not finite: it has no direction.
    """
    norms = np.sqrt(np.einsum("nd,nd->n", embeddings, embeddings, dtype=np.float64))
    bad = ~(norms > 0) | ~np.isfinite(norms)
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise UserError(f"embedding in row {row} has the norm {norms[row]}; it has no direction")
    return (embeddings / norms[:, None].astype(embeddings.dtype)).astype(np.float32, copy=False)


def cosine_scores(enroll: Embeddings, test: Embeddings, left: Rows, right: Rows) -> Embeddings:
    """Return enroll[left] · test[right] for each trial, (trials,).

    enroll (models, dim) and test (utterances, dim) are length-normed; left and right (trials,)
    are rows of them.
    """
    scores = np.empty(len(left), dtype=np.float32)

    def score(block: slice) -> None:
        np.einsum("td,td->t", enroll[left[block]], test[right[block]], out=scores[block])

    map_blocks(score, len(left), BLOCK)
    return scores
