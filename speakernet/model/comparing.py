"""Scores between embeddings of a packaged model: similarity, normalised, calibrated."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from speakernet.arrays import Float32, Float64
from speakernet.backend.cosine import cosine_scores, length_norm
from speakernet.backend.crop_distance import crop_distance_scores, norm_crops
from speakernet.backend.enrolment import model_vectors
from speakernet.backend.normalization import (
    CohortStatistics,
    cohort_size,
    cohort_statistics,
    normalize_scores,
)
from speakernet.config import UserError
from speakernet.model.description import Description


@dataclass(frozen=True, eq=False)
class Voices:
    """Embeddings ready to be compared.

    vectors: scaled to length one, (n, dim), or (n, crops, dim); statistics: of each against the
    cohort, None without one.
    """

    vectors: Float64
    statistics: CohortStatistics | None

    def __len__(self) -> int:
        return len(self.vectors)

    def __getitem__(self, rows: slice) -> "Voices":
        """Return some of them."""
        statistics = self.statistics
        if statistics is not None:
            statistics = CohortStatistics(statistics.mean[rows], statistics.std[rows])
        return Voices(self.vectors[rows], statistics)


class PairScores(NamedTuple):
    """Scores of one pair; None for what the model does not have."""

    similarity: float
    normalized: float | None
    llr: float | None


@dataclass(frozen=True, eq=False)
class Scores:
    """Of each of n voices with each of m, all (n, m); None for what the model does not have."""

    similarity: Float64
    normalized: Float64 | None
    llr: Float64 | None

    @property
    def final(self) -> Float64:
        """The scores that decisions are made by, before calibration."""
        return self.similarity if self.normalized is None else self.normalized

    def of(self, row: int, column: int) -> PairScores:
        """Return the scores of one pair."""
        place = row, column
        normalized = None if self.normalized is None else float(self.normalized[place])
        llr = None if self.llr is None else float(self.llr[place])
        return PairScores(float(self.similarity[place]), normalized, llr)


class Comparer:
    """Compares embeddings as the recipe's scoring does, by the settings of a package."""

    def __init__(
        self, description: Description, cohort: Float64 | None, mean: Float64 | None
    ) -> None:
        self._config = description.scoring
        self._calibration = description.calibration
        self._cohort, self._mean = cohort, mean

    def prepare(self, embeddings: Float32) -> Voices:
        """Return voices of embeddings (n, dim), or (n, crops, dim)."""
        normed = self._normed(embeddings)
        return Voices(normed, self._statistics(normed))

    def _normed(self, embeddings: Float32) -> Float64:
        vectors = embeddings if self._mean is None else embeddings - self._mean
        return norm_crops(vectors) if self._config.compares_crops else length_norm(vectors)

    def _statistics(self, vectors: Float64) -> CohortStatistics | None:
        if self._cohort is None or self._config.normalization == "none":
            return None
        everything = self._config.normalization == "snorm"
        top_n = len(self._cohort) if everything else self._config.top_n
        return cohort_statistics(vectors, self._cohort, cohort_size(top_n, len(self._cohort)))

    def compare_people(self, voices: Voices, people: Sequence[Float32]) -> Scores:
        """Return the scores of all n of ``voices`` with all m of ``people``.

        Of each there are the embeddings (recordings, dim); by ``scoring.enrolment`` these are
        averaged, or the scores with them are (as those of crops always are).
        """
        if self._config.compares_crops or self._config.enrolment == "scores":
            return self._with_scores_averaged(voices, people)
        normed = np.concatenate([self._normed(vectors) for vectors in people])
        ends = np.cumsum([len(vectors) for vectors in people])
        members = np.split(np.arange(len(normed)), ends[:-1])
        means = model_vectors(normed, members)
        return self.compare(voices, Voices(means, self._statistics(means)))

    def _with_scores_averaged(self, voices: Voices, people: Sequence[Float32]) -> Scores:
        found = [self.compare(voices, self.prepare(vectors)) for vectors in people]
        similarity = np.column_stack([each.similarity.mean(axis=1) for each in found])
        normed = [each.normalized.mean(axis=1) for each in found if each.normalized is not None]
        return self._calibrated(similarity, np.column_stack(normed) if normed else None)

    def compare(self, left: Voices, right: Voices) -> Scores:
        """Return the scores of all n of ``left`` with all m of ``right``."""
        shape = len(left), len(right)
        rows, columns = (places.ravel() for places in np.indices(shape))
        compare = crop_distance_scores if self._config.compares_crops else cosine_scores
        similarity = compare(left.vectors, right.vectors, rows, columns)
        normalized = None
        if left.statistics is not None and right.statistics is not None:
            normalized = normalize_scores(
                similarity, left.statistics, right.statistics, rows, columns
            ).reshape(shape)
        return self._calibrated(similarity.reshape(shape), normalized)

    def _calibrated(self, similarity: Float64, normalized: Float64 | None) -> Scores:
        final, found = similarity if normalized is None else normalized, self._calibration
        with np.errstate(over="ignore"):
            llr = None if found is None else found.offset + found.weight * final
        if not np.isfinite(final if llr is None else llr).all():
            raise UserError("a score is not finite; the model's cohort or calibration is damaged")
        return Scores(similarity, normalized, llr)
