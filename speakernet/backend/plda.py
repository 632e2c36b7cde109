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

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from speakernet.arrays import Float64, Indices
from speakernet.backend.config import PldaConfig
from speakernet.backend.cosine import cosine_scores, length_norm
from speakernet.config import UserError

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


def train_plda(vectors: NDArray[np.floating], speakers: Indices, config: PldaConfig) -> Plda:
    """Fit the model to embeddings (rows, dim) of ``speakers`` (rows,), numbered from 0.

    Raises UserError with fewer than two speakers, or if none has two utterances.
    """
    counts = np.bincount(speakers)
    counts = counts[counts > 0]
    if len(counts) < 2 or counts.max() < 2:
        raise UserError("PLDA needs two speakers or more, and two utterances of one of them")
    _, numbers = np.unique(speakers, return_inverse=True)
    mean = vectors.mean(axis=0, dtype=np.float64)
    lda = _lda(vectors - mean, numbers, counts, config.lda_dim)
    x = _prepare(vectors, mean, lda, config.length_norm)
    between, within = _covariances(x, numbers, counts)
    sums = _speaker_sums(x, numbers, len(counts))
    scatter = x.T @ x
    for _ in range(config.iterations):
        between, within = _em_step(sums, counts, scatter, between, within)
    transform, diagonal = _diagonalize(between, within)
    return Plda(mean, lda, config.length_norm, transform, np.maximum(diagonal, 0))


def _prepare(vectors: NDArray[np.floating], mean: Float64, lda: Float64, norm: bool) -> Float64:
    x = (vectors - mean) @ lda
    return length_norm(x) * np.sqrt(x.shape[1]) if norm else x


def _speaker_sums(x: Float64, speakers: Indices, num_speakers: int) -> Float64:
    sums = np.zeros((num_speakers, x.shape[1]))
    np.add.at(sums, speakers, x)
    return sums


def _covariances(x: Float64, speakers: Indices, counts: Indices) -> tuple[Float64, Float64]:
    """Return the covariance of the speaker means and that of utterances around their mean."""
    means = _speaker_sums(x, speakers, len(counts)) / counts[:, None]
    rest = x - means[speakers]
    within = _regularized(rest.T @ rest / len(x))
    return means.T @ means / len(counts), within


def _regularized(covariance: Float64) -> Float64:
    dim = len(covariance)
    return covariance + RIDGE * (np.trace(covariance) / dim + 1e-12) * np.eye(dim)


def _lda(x: Float64, speakers: Indices, counts: Indices, dim: int | None) -> Float64:
    if dim is None:
        return np.eye(x.shape[1])
    if dim > min(x.shape[1], len(counts) - 1):
        raise UserError(f"lda_dim {dim}: {len(counts)} speakers of {x.shape[1]} dimensions")
    between, within = _covariances(x, speakers, counts)
    transform, strength = _diagonalize(between, within)
    return transform[:, np.argsort(-strength)[:dim]]


def _diagonalize(between: Float64, within: Float64) -> tuple[Float64, Float64]:
    """Return T (dim, dim) with T' W T = I and T' B T = diag(b), and b (dim,)."""
    inverse_root = np.linalg.inv(np.linalg.cholesky(within))
    strength, vectors = np.linalg.eigh(inverse_root @ between @ inverse_root.T)
    return inverse_root.T @ vectors, strength


def _em_step(
    sums: Float64, counts: Indices, scatter: Float64, between: Float64, within: Float64
) -> tuple[Float64, Float64]:
    """Return B and W after one EM step, computed where W = I and B is diagonal.

    The posterior of a speaker with n utterances of sum f there has, for each dimension, the
    variance v = 1 / (1 / b + n) and the mean v f.
    """
    transform, b = _diagonalize(between, within)
    b = np.maximum(b, 1e-10)
    f = sums @ transform
    variance = 1 / (1 / b + counts[:, None])
    means = variance * f
    new_between = (means.T @ means + np.diag(variance.sum(axis=0))) / len(counts)
    cross = f.T @ means
    weighted = (counts[:, None] * means).T @ means + np.diag(counts @ variance)
    total = transform.T @ scatter @ transform
    new_within = (total - cross - cross.T + weighted) / counts.sum()
    back = np.linalg.inv(transform)
    return back.T @ new_between @ back, _regularized(back.T @ new_within @ back)
