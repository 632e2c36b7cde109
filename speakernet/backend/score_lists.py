"""Score trial lists: from embeddings and a cohort on disk to score files, by a recipe's settings.

For each list writes ``<output>/<list>.<similarity>`` and, with a cohort and scoring.normalization,
``<output>/<list>.<normalization>``. Several lists share the work on the cohort. With scoring.plda
also ``<output>/<list>.plda``. ``<output>/utt2norm``, ``utt2num_frames`` (if extraction has written
it) and, with a cohort, ``utt2cohort_mean`` are measures of quality for calibration, which
scoring.calibration adds (``calibrated_scores.py``).
"""

import glob
import logging
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from speakernet.arrays import Float32, Float64, Indices
from speakernet.backend.calibrate_lists import check_disjoint
from speakernet.backend.calibrated_scores import Folds, calibrate_scores
from speakernet.backend.cohort import Cohort, load_cohort
from speakernet.backend.config import CALIBRATED, KINDS, QMF, PldaConfig, ScoringConfig
from speakernet.backend.embeddings import EmbeddingTable, load_embeddings, read_embeddings
from speakernet.backend.normalization import CohortStatistics
from speakernet.backend.plda import Plda, train_plda
from speakernet.backend.quality_tables import write_qualities
from speakernet.backend.scoring import PldaScorer, Scorer
from speakernet.backend.scoring_files import ScoringFiles
from speakernet.backend.speaker_folds import trials_of_fold
from speakernet.config.errors import UserError, naming
from speakernet.kaldi.scores import write_scores
from speakernet.kaldi.tables import iter_ids, read_table
from speakernet.kaldi.trials import Trials, ids_of, read_trial_lists
from speakernet.work.staging import files_for_replace

logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class _Backend:
    """What is made of other sets than the test, once for all trials."""

    cohort: Cohort
    plda: Plda | None


def score_lists(
    config: ScoringConfig, files: ScoringFiles, class_weights: Float64 | None = None
) -> None:
    """Write the scores of every list.

    class_weights (speakers, dim): the cohort, where ``config`` asks for rows of the classifier.
    All scores of a call appear, or none. Raises UserError where a file lacks something, or where
    something is missing that the settings need.
    """
    lists = read_trial_lists(files.trials)
    for role in config.needed_sets:
        if role != "cohort":
            files.training_set(role)
    cohort = load_cohort(config, files.cohort_embeddings, files.cohort_utt2spk, class_weights)
    if config.calibration and config.normalization != "none" and cohort.vectors is None:
        raise UserError(f"calibration of {config.normalization} needs --cohort-embeddings")
    backend = _Backend(cohort, _plda_of_all(config.plda, files, lists) if config.plda else None)
    with files_for_replace(files.output) as folder:
        new = replace(files, output=folder)
        statistics = _score_all(config, new, lists, backend)
        if config.calibration:
            calibrate_scores(config, new, partial(_score_drawn, config, backend))
        _remove_others(files.output, lists, config, statistics)


def _score_drawn(
    config: ScoringConfig, backend: _Backend, files: ScoringFiles, folds: Folds
) -> None:
    """Score trials that were drawn for calibration."""
    lists = read_trial_lists(files.trials)
    if folds:
        backend = replace(backend, plda=None)
    _score_all(config, files, lists, backend, only_used=True)
    if folds and config.plda:
        table = load_embeddings(files.embeddings, ids_of(lists.values()))
        for name, trials in lists.items():
            scores = _plda_scores_in_folds(config.plda, files, table, trials, folds)
            _write(files, name, "plda", trials, scores)


def _plda_scores_in_folds(
    config: PldaConfig, files: ScoringFiles, table: EmbeddingTable, trials: Trials, folds: Folds
) -> Float64:
    """Return the score of each trial (trials,) by PLDA without the speakers of its fold."""
    assert files.utt2spk
    utt2spk = read_table(files.utt2spk, num_fields=2)
    scores = np.full(len(trials), np.nan)
    for fold in sorted(set(folds.values())):
        places = trials_of_fold(trials, fold, folds, utt2spk)
        own = {speaker for speaker, number in folds.items() if number == fold}
        scorer = PldaScorer(table, _train_plda(config, files, without=own))
        one, two = ([side[i] for i in places] for side in (trials.enroll, trials.test))
        scores[places] = scorer.scores(one, two, f"{files.trials[0]}")
    return scores


def _score_all(
    config: ScoringConfig,
    files: ScoringFiles,
    lists: Mapping[str, Trials],
    backend: _Backend,
    *,
    only_used: bool = False,
) -> CohortStatistics | None:
    """Write all scores and measures of quality; ``only_used``: other embeddings are not kept."""
    files.output.mkdir(parents=True, exist_ok=True)
    table = load_embeddings(files.embeddings, ids_of(lists.values()) if only_used else None)
    statistics = _score(config, files, table, lists, backend.cohort)
    write_qualities(files, table, backend.cohort.mean, statistics)
    if backend.plda:
        scorer = PldaScorer(table, backend.plda, files.read_models())
        for name, trials in lists.items():
            _write(files, name, "plda", trials, scorer.scores(trials.enroll, trials.test, name))
    return statistics


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
    used = ids_of(lists.values())
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


def _plda_of_all(config: PldaConfig, files: ScoringFiles, lists: Mapping[str, Trials]) -> Plda:
    """Train on the whole PLDA set. Raises UserError where the trials have speakers of it."""
    _, path = files.training_set("plda")
    if not files.utt2spk:  # else the caller knows that the trials have speakers of other sets
        utts = read_table(path, num_fields=2)
        check_disjoint(path, utts, ids_of(lists.values()), (path, files.test_utt2spk))
    return _train_plda(config, files)


def _train_plda(config: PldaConfig, files: ScoringFiles, without: Collection[str] = ()) -> Plda:
    """Train on the PLDA set ``without`` some speakers."""
    embeddings, path = files.training_set("plda")
    utt2spk = {n: s for n, s in read_table(path, num_fields=2).items() if s not in without}
    number_of = {name: number for number, name in enumerate(sorted(set(utt2spk.values())))}

    def read() -> Iterator[tuple[Float32, Indices]]:
        for ids, vectors in read_embeddings(embeddings):
            rows = [row for row, name in enumerate(ids) if name in utt2spk]
            speakers = (number_of[utt2spk[ids[row]]] for row in rows)
            yield vectors[rows], np.fromiter(speakers, np.intp, len(rows))

    plda = train_plda(read, len(number_of), config)
    logger.info("PLDA: trained on %s, %d speakers", embeddings, len(number_of))
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
            if kind in KINDS - made or kind.endswith((CALIBRATED, QMF)):
                path.unlink()
                logger.info("%s: removed, as it is of earlier scores", path)


def _write(files: ScoringFiles, name: str, kind: str, trials: Trials, scores: Float64) -> None:
    write_scores(files.output / f"{name}.{kind}", trials, scores)
    logger.info("%s.%s: %d scores", name, kind, len(scores))
