"""The cohort of score normalisation: speaker means, utterances, or rows of the classifier."""

import logging
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from speakernet.backend.cosine import Floats, length_norm
from speakernet.config import UserError
from speakernet.kaldi.vectors import Block

logger = logging.getLogger(__name__)


def mean_embedding(blocks: Iterable[Block]) -> Floats:
    """Return the mean (dim,) of all embeddings in ``blocks``; they are used up one by one."""
    total, count = None, 0
    for _, vectors in blocks:
        block_sum = vectors.sum(axis=0, dtype=np.float64)
        total = block_sum if total is None else total + block_sum
        count += len(vectors)
    if total is None:
        raise UserError("no embeddings to take the mean of")
    return np.asarray(total / count)


def speaker_means(
    blocks: Iterable[Block], utt2spk: Mapping[str, str], mean: Floats | None = None
) -> tuple[list[str], Floats]:
    """Return sorted speakers and the mean (speakers, dim) of each one's length-normed embeddings.

    The means are not length-normed again, as seed 1's. ``mean`` (dim,) is subtracted before
    length-norming. Blocks are used up one by one: memory does not grow with the utterances.
    Embeddings without an entry in ``utt2spk`` are left out; an entry without embedding is a
    UserError.
    """
    speakers = sorted(set(utt2spk.values()))
    row_of = {name: row for row, name in enumerate(speakers)}
    rows_by_utterance = {utterance: row_of[name] for utterance, name in utt2spk.items()}
    sums, counts, others = None, np.zeros(len(speakers), np.intp), 0
    for ids, vectors in blocks:
        rows = np.fromiter((rows_by_utterance.get(i, -1) for i in ids), np.intp, len(ids))
        known = rows >= 0
        if not known.all():
            others += int((~known).sum())
            vectors, rows = vectors[known], rows[known]
        if sums is None:
            sums = np.zeros((len(speakers), vectors.shape[1]))
        if len(rows):
            _add(sums, rows, length_norm(vectors if mean is None else vectors - mean))
            counts += np.bincount(rows, minlength=len(speakers))
    if sums is None or counts.sum() != len(utt2spk):
        missing = len(utt2spk) - int(counts.sum())
        raise UserError(f"{missing} of {len(utt2spk)} cohort utterances have no embedding")
    if others:
        logger.info("%d embeddings belong to no cohort speaker and are left out", others)
    return speakers, sums / counts[:, None]


def _add(sums: Floats, rows: NDArray[np.intp], vectors: Floats) -> None:
    """Add vectors to the rows of their speakers; runs of one speaker are summed first."""
    starts = np.concatenate([[0], np.flatnonzero(np.diff(rows)) + 1])
    np.add.at(sums, rows[starts], np.add.reduceat(vectors, starts, axis=0))
