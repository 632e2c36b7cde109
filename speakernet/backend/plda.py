"""Two-covariance PLDA, a baseline back-end.

    y ~ N(0, B) for each speaker,  x = y + e,  e ~ N(0, W) for each utterance

Embeddings are centred, maybe reduced by LDA, maybe length-normed to sqrt(dim) (Garcia-Romero and
Espy-Wilson, Interspeech 2011). B and W start as the scatter between and within speakers and go
through EM. One linear map then makes W = I and B = diag(b), after which the log-likelihood ratio of
"same speaker" against "different speakers" is, with t = b + 1 and d = 1 + 2 b for each dimension,

    sum [ log t - log(d) / 2 + (b / d) x y - (t / d - 1 / t) (x^2 + y^2) / 2 ]

in nats. All float64. Reference: N. Bruemmer and E. de Villiers, "The speaker partitioning problem",
Odyssey 2010.

Papers:

- Garcia-Romero and Espy-Wilson: https://doi.org/10.21437/Interspeech.2011-53
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from speakernet.arrays import Float64, Indices
from speakernet.backend.cohort import add_by_speaker
from speakernet.backend.config import PldaConfig
from speakernet.backend.cosine import cosine_scores, length_norm
from speakernet.config import UserError

Blocks = Callable[[], Iterable[tuple[NDArray[np.floating], Indices]]]
"""Yields embeddings (rows, dim) and their speakers (rows,), numbered from 0; every call anew."""

RIDGE = 1e-6  # of the mean variance, added to W: fewer utterances than dimensions leave it singular


@dataclass(frozen=True, eq=False)
class Plda:
    """A trained model.

    mean (dim,) and lda (dim, kept) are applied first, then length-norming, then ``transform``
    (kept, kept), in whose space W = I and B = diag(between), (kept,).
    """

    mean: Float64
    lda: Float64
    length_norm: bool
    transform: Float64
    between: Float64

    def project(self, vectors: NDArray[np.floating]) -> Float64:
        """Map embeddings (rows, dim) to the space of the scores (rows, kept)."""
        return _prepare(vectors, self.mean, self.lda, self.length_norm) @ self.transform

    def scores(self, projected: Float64, left: Indices, right: Indices) -> Float64:
        """Return the log-likelihood ratio of each pair (pairs,) of rows of ``projected``."""
        total, joint = self.between + 1, 1 + 2 * self.between
        squares = projected**2 @ ((total / joint - 1 / total) / 2)
        products = cosine_scores(projected * (self.between / joint), projected, left, right)
        constant = float(np.sum(np.log(total) - np.log(joint) / 2))
        return constant + products - squares[left] - squares[right]


def train_plda(read: Blocks, num_speakers: int, config: PldaConfig) -> Plda:
    """Fit the model to the embeddings of ``num_speakers`` that ``read`` yields, called twice.

    Raises UserError with fewer than two speakers, or if none has two utterances.
    """
    raw = _statistics(read, num_speakers, lambda vectors: vectors.astype(np.float64))
    if len(raw.counts) < 2 or raw.counts.max() < 2:
        raise UserError("PLDA needs two speakers or more, and two utterances of one of them")
    mean = raw.sums.sum(axis=0) / raw.counts.sum()
    lda = _lda(_centred(raw, mean), config.lda_dim)

    def prepare(vectors: NDArray[np.floating]) -> Float64:
        return _prepare(vectors, mean, lda, config.length_norm)

    x = _statistics(read, num_speakers, prepare)
    between, within = _covariances(x)
    for _ in range(config.iterations):
        between, within = _em_step(x, between, within)
    transform, diagonal = _diagonalize(between, within)
    return Plda(mean, lda, config.length_norm, transform, np.maximum(diagonal, 0))


def _prepare(vectors: NDArray[np.floating], mean: Float64, lda: Float64, norm: bool) -> Float64:
    x = (vectors - mean) @ lda
    return length_norm(x) * np.sqrt(x.shape[1]) if norm else x


@dataclass(frozen=True, eq=False)
class _Statistics:
    """Of S speakers: counts (S,) and sums (S, dim) of their vectors, the scatter (dim, dim) of all.

    They are all that the model is fitted to: memory does not grow with the utterances.
    """

    counts: Indices
    sums: Float64
    scatter: Float64


def _statistics(
    read: Blocks, num_speakers: int, prepare: Callable[[NDArray[np.floating]], Float64]
) -> _Statistics:
    counts, sums, scatter = np.zeros(num_speakers, np.intp), np.zeros(0), np.zeros(0)
    for vectors, speakers in read():
        x = prepare(vectors)
        if not sums.size:
            sums, scatter = np.zeros((num_speakers, x.shape[1])), np.zeros((x.shape[1],) * 2)
        add_by_speaker(sums, speakers, x)
        counts += np.bincount(speakers, minlength=num_speakers)
        scatter += x.T @ x
    there = counts > 0
    return _Statistics(counts[there], sums[there] if sums.size else sums, scatter)


def _centred(raw: _Statistics, mean: Float64) -> _Statistics:
    """Return the statistics of the same vectors less their ``mean`` (dim,)."""
    sums = raw.sums - raw.counts[:, None] * mean
    scatter = raw.scatter - raw.counts.sum() * np.outer(mean, mean)
    return _Statistics(raw.counts, sums, scatter)


def _covariances(x: _Statistics) -> tuple[Float64, Float64]:
    """Return the covariance of the speaker means and that of utterances around their mean."""
    means = x.sums / x.counts[:, None]
    within = (x.scatter - x.sums.T @ means) / x.counts.sum()
    return means.T @ means / len(means), _regularized(within)


def _regularized(covariance: Float64) -> Float64:
    dim = len(covariance)
    return covariance + RIDGE * (np.trace(covariance) / dim + 1e-12) * np.eye(dim)


def _lda(x: _Statistics, dim: int | None) -> Float64:
    size = x.sums.shape[1]
    if dim is None:
        return np.eye(size)
    if dim > min(size, len(x.counts) - 1):
        raise UserError(f"lda_dim {dim}: {len(x.counts)} speakers of {size} dimensions")
    transform, strength = _diagonalize(*_covariances(x))
    return transform[:, np.argsort(-strength)[:dim]]


def _diagonalize(between: Float64, within: Float64) -> tuple[Float64, Float64]:
    """Return T (dim, dim) with T' W T = I and T' B T = diag(b), and b (dim,)."""
    inverse_root = np.linalg.inv(np.linalg.cholesky(within))
    strength, vectors = np.linalg.eigh(inverse_root @ between @ inverse_root.T)
    return inverse_root.T @ vectors, strength


def _em_step(x: _Statistics, between: Float64, within: Float64) -> tuple[Float64, Float64]:
    """Return B and W after one EM step, computed where W = I and B is diagonal.

    The posterior of a speaker with n utterances of sum f there has, for each dimension, the
    variance v = 1 / (1 / b + n) and the mean v f.
    """
    transform, b = _diagonalize(between, within)
    b = np.maximum(b, 1e-10)
    counts, f = x.counts, x.sums @ transform
    variance = 1 / (1 / b + counts[:, None])
    means = variance * f
    new_between = (means.T @ means + np.diag(variance.sum(axis=0))) / len(counts)
    cross = f.T @ means
    weighted = (counts[:, None] * means).T @ means + np.diag(counts @ variance)
    total = transform.T @ x.scatter @ transform
    new_within = (total - cross - cross.T + weighted) / counts.sum()
    back = np.linalg.inv(transform)
    return back.T @ new_between @ back, _regularized(back.T @ new_within @ back)
