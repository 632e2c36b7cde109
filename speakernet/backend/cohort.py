"""The cohort of score normalisation: speaker means, utterances, or rows of the classifier."""

import logging
from collections.abc import Iterable, Mapping

import numpy as np

from speakernet.backend.cosine import Floats, length_norm
from speakernet.config import UserError
from speakernet.kaldi.vectors import Block

logger = logging.getLogger(__name__)


def speaker_means(
    blocks: Iterable[Block], utt2spk: Mapping[str, str]
) -> tuple[list[str], Floats, Floats]:
    """Return speakers, the mean of each one's length-normed embeddings, and the plain mean.

    Shapes (speakers, dim) and (dim,); speakers are sorted. The means are not length-normed, as
    seed 1's. Blocks are used up one by one: memory does not grow with the utterances. Embeddings
    without an entry in ``utt2spk`` are left out; an entry without embedding raises UserError.
    """
    speakers = sorted(set(utt2spk.values()))
    row_of = {name: row for row, name in enumerate(speakers)}
    utterance_rows = {utterance: row_of[name] for utterance, name in utt2spk.items()}
    sums, counts, plain, others = None, np.zeros(len(speakers)), None, 0
    for ids, vectors in blocks:
        if sums is None or plain is None:
            sums = np.zeros((len(speakers), vectors.shape[1]))
            plain = np.zeros(vectors.shape[1])
        rows = np.fromiter((utterance_rows.get(i, -1) for i in ids), np.intp, len(ids))
        if rows.min() < 0:
            others += int((rows < 0).sum())
            vectors, rows = vectors[rows >= 0], rows[rows >= 0]
        if len(rows):
            _add(sums, rows, length_norm(vectors))
            plain += vectors.sum(axis=0, dtype=np.float64)
            counts += np.bincount(rows, minlength=len(speakers))
    if sums is None or plain is None or counts.sum() != len(utt2spk):
        raise UserError(f"{len(utt2spk) - int(counts.sum())} cohort utterances have no embedding")
    if others:
        logger.info("%d embeddings belong to no cohort speaker and are left out", others)
    return speakers, sums / counts[:, None], plain / counts.sum()


def _add(sums: Floats, rows: np.ndarray, vectors: Floats) -> None:
    """Add vectors to the rows of their speakers; runs of one speaker are summed first."""
    starts = np.concatenate([[0], np.flatnonzero(np.diff(rows)) + 1])
    np.add.at(sums, rows[starts], np.add.reduceat(vectors, starts, axis=0))
