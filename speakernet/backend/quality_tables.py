"""The measures of quality that scoring writes beside the scores, for calibration.

``utt2norm``: the norm of the embedding as it is compared (less the mean, where that is subtracted);
``utt2cohort_mean``: the mean of the chosen scores against the cohort; ``utt2num_frames``, if
extraction has written it. An enrolment model of several utterances has their mean norm and cohort
mean (or the cohort mean of their averaged embedding), and the sum of their lengths.
"""

from collections.abc import Callable, Iterable, Mapping

import numpy as np

from speakernet.arrays import Float64
from speakernet.backend.embeddings import EmbeddingTable
from speakernet.backend.enrolment import Models
from speakernet.backend.normalization import CohortStatistics
from speakernet.backend.quality import NUM_FRAMES, TABLES, lengths_of, read_numbers, write_quality
from speakernet.backend.scoring_files import ScoringFiles
from speakernet.config.files import is_given

Values = dict[str, float]


def write_qualities(
    files: ScoringFiles,
    table: EmbeddingTable,
    mean: Float64 | None,
    statistics: CohortStatistics | None,
) -> None:
    """Write the tables; mean (dim,): what is subtracted from embeddings; statistics: of the rows.

    Crops have no norm.
    """
    models = files.read_models() or {}
    if table.vectors.ndim == 2:
        norms = _with_models(_norms(table, mean), models, _mean)
        write_quality(files.output / TABLES["norm"], norms)
    if statistics is not None:
        # Rows of averaged enrolments follow those of the table, in the order of the models.
        rows = zip([*table.rows, *models], statistics.mean.tolist(), strict=False)
        means = {name: value for name, value in rows if np.isfinite(value)}
        path = files.output / TABLES["cohort_mean"]
        write_quality(path, {**_with_models(means, models, _mean), **means})
    lengths = lengths_of(files.embeddings)
    if is_given(lengths):
        known = {n: v for n, v in read_numbers(lengths).items() if n in table.rows}
        write_quality(files.output / NUM_FRAMES, _with_models(known, models, sum))


def _norms(table: EmbeddingTable, mean: Float64 | None) -> Values:
    vectors = table.vectors if mean is None else table.vectors - mean
    return dict(zip(table.rows, np.linalg.norm(vectors, axis=1).tolist(), strict=True))


def _with_models(
    values: Mapping[str, float], models: Models, combine: Callable[[list[float]], float]
) -> Values:
    """Return the values and those of models all of whose utterances have one."""
    whole = {name: own for name, own in models.items() if all(u in values for u in own)}
    return {**values, **{name: combine([values[u] for u in own]) for name, own in whole.items()}}


def _mean(values: Iterable[float]) -> float:
    return float(np.mean(list(values)))
