"""Score trial lists: from embeddings and a cohort on disk to score files, by a recipe's settings.

For each list writes ``<output>/<list>.<similarity>`` and, with a cohort and scoring.normalization,
``<output>/<list>.<normalization>``. Several lists share the work on the cohort. With scoring.plda
also ``<output>/<list>.plda``, trained on the cohort's utterances. ``<output>/utt2norm`` and (with a
cohort) ``<output>/utt2cohort_mean`` are measures of quality for calibration.
"""

import glob
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from speakernet.arrays import Float64
from speakernet.backend.cohort import Cohort, load_cohort
from speakernet.backend.config import KINDS, PldaConfig, ScoringConfig
from speakernet.backend.embeddings import EmbeddingTable, load_embeddings
from speakernet.backend.enrolment import Models
from speakernet.backend.normalization import CohortStatistics
from speakernet.backend.plda import Plda, train_plda
from speakernet.backend.quality import write_quality
from speakernet.backend.scoring import PldaScorer, Scorer
from speakernet.config.errors import UserError, naming
from speakernet.kaldi.datadir import read_spk2utt
from speakernet.kaldi.scores import write_scores
from speakernet.kaldi.tables import iter_ids, read_table
from speakernet.kaldi.trials import Trials, read_trial_lists

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ScoringFiles:
    """What scores are made from, and the folder that they go to.

    embeddings, cohort_embeddings: folder, .scp or .ark. utt2spk: of the trials, to leave an
    utterance's own speaker out of its cohort. enroll_spk2utt: the enrolment utterances of each
    model (without it, enrolment ids are utterances).
    """

    embeddings: Path
    trials: Sequence[Path]
    output: Path
    cohort_embeddings: Path | None = None
    cohort_utt2spk: Path | None = None
    utt2spk: Path | None = None
    enroll_spk2utt: Path | None = None

    def read_models(self) -> Models | None:
        """Return the enrolment utterances of each model, None where ids are utterances."""
        if self.enroll_spk2utt is None:
            return None
        return read_spk2utt(self.enroll_spk2utt)


def score_lists(
    config: ScoringConfig, files: ScoringFiles, class_weights: Float64 | None = None
) -> None:
    """Write the scores of every list.

    class_weights (speakers, dim): the cohort, where ``config`` asks for rows of the classifier.
    Raises UserError where a file lacks something, or something is missing that the settings need.
    """
    if config.plda and not (files.cohort_embeddings and files.cohort_utt2spk):
        raise UserError("scoring.plda needs --cohort-embeddings and --cohort-utt2spk")
    lists = read_trial_lists(files.trials)
    cohort = load_cohort(config, files.cohort_embeddings, files.cohort_utt2spk, class_weights)
    files.output.mkdir(parents=True, exist_ok=True)
    table = load_embeddings(files.embeddings)
    statistics = _score(config, files, table, lists, cohort)
    _write_qualities(files.output, table, statistics)
    if config.plda:
        scorer = PldaScorer(table, _train_plda(files, config.plda), files.read_models())
        for name, trials in lists.items():
            _write(files, name, "plda", trials, scorer.scores(trials.enroll, trials.test, name))
    _remove_others(files.output, lists, config, statistics)


def _score(
    config: ScoringConfig,
    files: ScoringFiles,
    table: EmbeddingTable,
    lists: Mapping[str, Trials],
    cohort: Cohort,
) -> CohortStatistics | None:
    """Write raw and normalised scores; return the cohort statistics, None without a cohort."""
    scorer = Scorer(table, config, mean=cohort.mean, models=files.read_models())
    pairs = {name: scorer.pairs(t.enroll, t.test, name) for name, t in lists.items()}
    statistics = None
    if cohort.vectors is not None:
        own = cohort.own_rows(table, files.utt2spk) if files.utt2spk else None
        if own is None:
            _warn_of_overlap(files, lists)
        with naming(files.cohort_embeddings or "the classifier as cohort"):
            statistics = scorer.statistics(list(pairs.values()), cohort.vectors, own)
    for name, trials in lists.items():
        similarity = scorer.similarity(pairs[name])
        _write(files, name, config.similarity, trials, pairs[name].per_trial(similarity))
        if statistics is not None:
            normalized = scorer.normalized(similarity, pairs[name], statistics)
            _write(files, name, config.normalization, trials, pairs[name].per_trial(normalized))
    return statistics


def _warn_of_overlap(files: ScoringFiles, lists: Mapping[str, Trials]) -> None:
    """Warn where utterances or speakers of the trials are in the cohort of other speakers."""
    used = {name for trials in lists.values() for name in (*trials.enroll, *trials.test)}
    common = used & _cohort_ids(files)
    if common:
        logger.warning(
            "%d of the %d utterances of the trials are in the cohort, the first '%s': their scores "
            "are normalised with themselves; --utt2spk leaves out an utterance's own speaker",
            len(common), len(used), min(common),
        )  # fmt: skip


def _cohort_ids(files: ScoringFiles) -> set[str]:
    """Return the utterances of the cohort, as far as a table lists them."""
    if files.cohort_utt2spk is not None:
        return set(read_table(files.cohort_utt2spk, num_fields=2))
    path = files.cohort_embeddings
    index = path / "embedding.scp" if path is not None and path.is_dir() else path
    is_table = index is not None and index.suffix == ".scp"
    return {name.decode() for name in iter_ids(index)} if index and is_table else set()


def _train_plda(files: ScoringFiles, config: PldaConfig) -> Plda:
    assert files.cohort_embeddings and files.cohort_utt2spk
    training = load_embeddings(files.cohort_embeddings)
    utt2spk = read_table(files.cohort_utt2spk, num_fields=2)
    known = [name for name in training.rows if name in utt2spk]
    _, speakers = np.unique([utt2spk[name] for name in known], return_inverse=True)
    rows = [training.rows[name] for name in known]
    plda = train_plda(training.vectors[rows], speakers, config)
    logger.info("PLDA: trained on %d utterances, %d speakers", len(rows), speakers.max() + 1)
    return plda


def _remove_others(
    output: Path,
    lists: Iterable[str],
    config: ScoringConfig,
    statistics: CohortStatistics | None,
) -> None:
    """Remove what earlier calls with other settings or inputs have made, calibrated scores, too.

    Beside the new scores they would be reported as if they belonged to these.
    """
    made = {config.similarity, *(["plda"] if config.plda else [])}
    if statistics is not None:
        made.add(config.normalization)
    else:
        (output / "utt2cohort_mean").unlink(missing_ok=True)
    for name in lists:
        for path in output.glob(f"{glob.escape(name)}.*"):
            kind = path.name.removeprefix(f"{name}.")
            if kind in KINDS - made or kind.endswith("_calibrated"):
                path.unlink()
                logger.info("%s: removed, as it is of earlier scores", path)


def _write(files: ScoringFiles, name: str, kind: str, trials: Trials, scores: Float64) -> None:
    path = files.output / f"{name}.{kind}"
    write_scores(path, trials, scores)
    logger.info("%s: %d scores", path, len(scores))


def _write_qualities(
    output: Path, table: EmbeddingTable, statistics: CohortStatistics | None
) -> None:
    if table.vectors.ndim != 2:
        return
    names = list(table.rows)
    write_quality(output / "utt2norm", names, np.linalg.norm(table.vectors, axis=1))
    if statistics is not None:
        means = statistics.mean[: len(names)]
        used = np.flatnonzero(np.isfinite(means))
        write_quality(output / "utt2cohort_mean", [names[i] for i in used], means[used])
