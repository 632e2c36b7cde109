"""From a table of embeddings to the scores of trial lists, by the recipe's settings."""

import logging
from collections.abc import Sequence

import numpy as np

from speakernet.arrays import Float64, Indices
from speakernet.backend.config import ScoringConfig
from speakernet.backend.cosine import cosine_scores, length_norm
from speakernet.backend.crop_distance import crop_distance_scores, norm_crops
from speakernet.backend.embeddings import EmbeddingTable
from speakernet.backend.enrolment import Enrolment, Models, Pairs
from speakernet.backend.normalization import (
    CohortStatistics,
    cohort_size,
    cohort_statistics,
    normalize_scores,
)
from speakernet.backend.plda import Plda
from speakernet.config.errors import UserError, naming

logger = logging.getLogger(__name__)


class Scorer:
    """Scores trials between the embeddings of one table.

    ``mean`` (dim,) is subtracted before length-norming; ``models`` says which utterances enrol
    each model (None: enrolment ids are utterances).
    """

    def __init__(
        self,
        table: EmbeddingTable,
        config: ScoringConfig,
        *,
        mean: Float64 | None = None,
        models: Models | None = None,
    ) -> None:
        _check_shape(table, config, models)
        self._config = config
        vectors = table.vectors if mean is None else table.vectors - mean
        norm = norm_crops if config.similarity == "crop_distance" else length_norm
        names = list(table.rows)
        with naming(table.source):
            normed = norm(vectors, names)
        self._enrolment = Enrolment(normed, table, models, config.enrolment)
        self._names = [*names, *(models or ())]

    def pairs(self, enroll: Sequence[str], test: Sequence[str], source: str) -> Pairs:
        """Return the rows that trials of these ids compare; ``source`` is named in errors."""
        return self._enrolment.pairs(enroll, test, source)

    def similarity(self, pairs: Pairs) -> Float64:
        """Return one raw score per pair."""
        crops = self._config.similarity == "crop_distance"
        score = crop_distance_scores if crops else cosine_scores
        return score(self._enrolment.vectors, self._enrolment.vectors, pairs.left, pairs.right)

    def statistics(
        self, pairs: Sequence[Pairs], cohort: Float64, own: Indices | None = None
    ) -> CohortStatistics:
        """Return the cohort statistics of all rows that ``pairs`` compare; NaN for other rows.

        cohort (speakers, dim); own (rows of the table,): each row's own speaker in it, or -1.
        Averaged enrolments cannot leave theirs out.
        """
        vectors = self._enrolment.vectors
        if own is not None and len(own) != len(vectors):
            raise UserError("own speakers cannot be left out where enrolments are averaged")
        is_used = np.zeros(len(vectors), dtype=bool)
        for pair in pairs:
            is_used[pair.left] = is_used[pair.right] = True
        used = np.flatnonzero(is_used)
        available = len(cohort) - (own is not None)
        top_n = cohort_size(self._top_n, available)
        if self._config.normalization == "asnorm" and self._top_n > available:
            logger.warning(
                "scoring.top_n asks for the %d nearest of the cohort, which has %d: all are taken, "
                "as by snorm", self._top_n, available,
            )  # fmt: skip
        some = cohort_statistics(
            vectors[used],
            cohort,
            top_n,
            None if own is None else own[used],
            [self._names[row] for row in used.tolist()],
        )
        mean, std = np.full(len(vectors), np.nan), np.full(len(vectors), np.nan)
        mean[used], std[used] = some.mean, some.std
        return CohortStatistics(mean, std)

    def normalized(
        self, similarity: Float64, pairs: Pairs, statistics: CohortStatistics
    ) -> Float64:
        """Return the normalised score of each pair from its raw one."""
        return normalize_scores(similarity, statistics, statistics, pairs.left, pairs.right)

    @property
    def _top_n(self) -> int | float:
        return 2**31 if self._config.normalization == "snorm" else self._config.top_n


class PldaScorer:
    """Scores trials by PLDA; several enrolment utterances have their scores averaged."""

    def __init__(self, table: EmbeddingTable, plda: Plda, models: Models | None = None) -> None:
        self._plda = plda
        projected = plda.project(table.vectors)
        self._enrolment = Enrolment(projected, table, models, "scores")

    def scores(self, enroll: Sequence[str], test: Sequence[str], source: str) -> Float64:
        """Return the log-likelihood ratio of each trial (trials,)."""
        pairs = self._enrolment.pairs(enroll, test, source)
        scores = self._plda.scores(self._enrolment.vectors, pairs.left, pairs.right)
        return pairs.per_trial(scores)


def _check_shape(table: EmbeddingTable, config: ScoringConfig, models: Models | None) -> None:
    wanted = 3 if config.similarity == "crop_distance" else 2
    if table.vectors.ndim != wanted:
        raise UserError(
            f"{table.source}: embeddings are {'vectors' if wanted == 3 else 'matrices'}; "
            f"'{config.similarity}' compares {'matrices of crops' if wanted == 3 else 'vectors'}"
        )
    if wanted == 3 and models:
        raise UserError("crop_distance compares single utterances, not several of a model")
