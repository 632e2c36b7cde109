"""Scores between embeddings of a packaged model: similarity, normalised, calibrated."""

from dataclasses import dataclass

import numpy as np

from speakernet.arrays import Float32, Float64
from speakernet.backend.cosine import cosine_scores, length_norm
from speakernet.backend.crop_distance import crop_distance_scores, norm_crops
from speakernet.backend.normalization import (
    CohortStatistics,
    cohort_size,
    cohort_statistics,
    normalize_scores,
)
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


@dataclass(frozen=True, eq=False)
class Scores:
    """Of each of n voices with each of m, all (n, m); None for what the model does not have."""

    similarity: Float64
    normalized: Float64 | None
    llr: Float64 | None


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
        vectors = embeddings if self._mean is None else embeddings - self._mean
        crops = self._config.compares_crops
        normed = norm_crops(vectors, []) if crops else length_norm(vectors)
        return Voices(normed, self._statistics(normed))

    def _statistics(self, vectors: Float64) -> CohortStatistics | None:
        if self._cohort is None or self._config.normalization == "none":
            return None
        everything = self._config.normalization == "snorm"
        top_n = len(self._cohort) if everything else self._config.top_n
        return cohort_statistics(vectors, self._cohort, cohort_size(top_n, len(self._cohort)))

    def average(self, voices: Float32) -> Voices:
        """Return one voice of several embeddings (n, dim) of a person, as enrolment does."""
        normed = self.prepare(voices).vectors
        mean = length_norm(normed.mean(axis=0)[None])
        return Voices(mean, self._statistics(mean))

    def compare(self, left: Voices, right: Voices) -> Scores:
        """Return the scores of all n of ``left`` with all m of ``right``."""
        shape = len(left), len(right)
        rows, columns = (places.ravel() for places in np.indices(shape))
        compare = crop_distance_scores if self._config.compares_crops else cosine_scores
        similarity = final = compare(left.vectors, right.vectors, rows, columns)
        normalized = None
        if left.statistics is not None and right.statistics is not None:
            final = normalized = normalize_scores(
                similarity, left.statistics, right.statistics, rows, columns
            )
        llr = None
        if self._calibration:
            llr = (self._calibration.offset + self._calibration.weight * final).reshape(shape)
        given = None if normalized is None else normalized.reshape(shape)
        return Scores(similarity.reshape(shape), given, llr)
