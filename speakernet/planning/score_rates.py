"""How long scores take on this machine: the part that grows, measured on random embeddings."""

import time

import numpy as np

from speakernet.backend.config import ScoringConfig
from speakernet.backend.cosine import length_norm
from speakernet.backend.normalization import cohort_size, cohort_statistics

_ROWS = 256
_MAX_COHORT = 20_000  # that is measured with


def seconds_of_normalization(
    config: ScoringConfig, num_rows: int, num_cohort: int, dim: int
) -> float:
    """Return the seconds to compare ``num_rows`` embeddings with a cohort, 0 where the recipe asks
    for no normalisation.
    """
    measured = min(num_cohort, _MAX_COHORT)
    if config.normalization == "none" or measured < _ROWS:
        return 0.0
    rng = np.random.default_rng(0)
    cohort = length_norm(rng.normal(size=(measured, dim)))
    rows = length_norm(rng.normal(size=(_ROWS, dim)))
    top_n = cohort_size(config.top_n, measured) if config.normalization == "asnorm" else measured
    begun = time.perf_counter()
    cohort_statistics(rows, cohort, top_n)
    return (time.perf_counter() - begun) * (num_rows / _ROWS) * (num_cohort / measured)
