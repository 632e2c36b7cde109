"""What a report shows of an experiment, gathered with one score file in memory at a time.

Errors by speaker and the like are those of one system of each list: of the model that was trained
last, the scoring with the lowest EER.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from speakernet.config import UserError
from speakernet.config.files import is_given
from speakernet.metrics.dcf import OperatingPoint
from speakernet.report.embedding_map import EmbeddingMap, embedding_map
from speakernet.report.error_rates import (
    Group,
    by_duration,
    by_language,
    by_pair,
    by_session,
    by_speaker,
)
from speakernet.report.evaluation import OWN_DEFINITION
from speakernet.report.experiment import FOLDERS, ScoreFile, find_score_files
from speakernet.report.hardest import HardTrial, hardest
from speakernet.report.kept_draws import DRAWS, KeptDraws, read_draws
from speakernet.report.provenance import experiment_name
from speakernet.report.results import MODEL_ORDER, Row, read_results, sort_key
from speakernet.report.scored_list import ScoredList
from speakernet.report.system_curves import SystemCurves, system_curves
from speakernet.report.test_set import TestSet, read_test_set
from speakernet.report.training_logs import Log, read_log

NUM_HARDEST = 10


@dataclass(frozen=True, eq=False)
class Errors:
    """Errors of one system at the threshold where its EER is.

    pairs: names, non-target trials and false alarms, most first; sessions: of one session and of
    two, and of each; hard_targets, hard_nontargets: the worst trials.
    """

    system: str
    threshold: float
    speakers: list[Group]
    pairs: list[tuple[str, str, int, int]]
    languages: list[Group]
    durations: list[Group]
    session_kinds: list[Group]
    sessions: list[Group]
    hard_targets: list[HardTrial]
    hard_nontargets: list[HardTrial]


@dataclass(frozen=True, eq=False)
class ListSummary:
    """One trial list of an experiment: rows of results.json, curves of their systems, errors."""

    name: str
    rows: list[Row]
    curves: list[SystemCurves]
    main: Row
    errors: Errors
    test_set: TestSet


@dataclass(frozen=True, eq=False)
class ExperimentSummary:
    """An experiment. draws: of rows, by their ``inputs``; logs: of trainings, by model.

    embeddings: the map of the test set's, or why there is none.
    """

    name: str
    folder: Path
    lists: list[ListSummary]
    draws: dict[str, KeptDraws]
    logs: dict[str, Log]
    embeddings: EmbeddingMap | str


def summarise(exp_dir: Path, lists: Sequence[Path], utt2spk: Path | None) -> ExperimentSummary:
    """Gather what is there of an experiment.

    Raises UserError without results.json (stage 8) or the scores that it is about, and for files
    that are damaged.
    """
    rows = experiment_rows(exp_dir)
    files = find_score_files(exp_dir, lists)
    found = [_summarise_list(path, rows, files, utt2spk) for path in lists]
    return ExperimentSummary(
        experiment_name(exp_dir),
        exp_dir,
        found,
        read_draws(exp_dir / DRAWS),
        dict(_logs(exp_dir)),
        _map(exp_dir, found),
    )


def experiment_rows(exp_dir: Path) -> list[Row]:
    """Return the rows of an experiment, those of the untrained network first.

    Raises UserError if there is no results.json, or nothing in it.
    """
    path, untrained = exp_dir / "results.json", exp_dir / "untrained" / "results.json"
    if not is_given(path):
        raise UserError(f"{path}: no such file; expected an experiment with results (run stage 8)")
    rows = read_results(path)
    if not rows:
        raise UserError(f"{path}: has no results; run stage 8")
    return [*(read_results(untrained) if is_given(untrained) else []), *rows]


def _summarise_list(
    trials: Path, rows: Sequence[Row], files: Sequence[ScoreFile], utt2spk: Path | None
) -> ListSummary:
    own = [row for row in rows if row["trials"] == trials.name]
    by_key = {(row["model"], row["scoring"]): row for row in own}
    if not own:
        raise UserError(f"results.json has no row of {trials.name}; run stage 8 again")
    main, test_set = _main_row(own), read_test_set(trials, utt2spk)
    curves: list[SystemCurves] = []
    errors, numbered = None, None
    for file in sorted(files, key=_order):
        row = by_key.get((file.model, file.kind))
        if file.trials != trials or row is None:
            continue
        points = {p: OperatingPoint(float(p)) for p in row["min_dcf"]}
        pairs, scores = file.read()
        numbered = numbered or ScoredList.of(pairs, scores, test_set.speakers)
        scored = replace(numbered, scores=scores)
        name = f"{file.model}, {file.kind}"
        curves.append(system_curves(name, file.kind, scored, points))
        _check_up_to_date(file.path, row, scored, curves[-1].eer)
        if row is main:
            errors = _errors(name, scored, test_set)
    if errors is None:
        raise UserError(f"{trials.name}: the scores of a row in results.json are missing")
    return ListSummary(trials.name, own, curves, main, errors, test_set)


def _check_up_to_date(scores: Path, row: Row, scored: ScoredList, eer: float) -> None:
    """Raise UserError if scores or trials are others than those that ``row`` was computed from."""
    counts = int(scored.is_target.sum()), int((~scored.is_target).sum())
    same = counts == (row["num_target"], row["num_nontarget"])
    if row.get("definition", OWN_DEFINITION) == OWN_DEFINITION:
        same = same and abs(row["eer"] - 100 * eer) < 1e-6
    if not same:
        raise UserError(
            f"{scores}: these scores or their trials have changed since results.json was made; "
            "run stage 8 again"
        )


def _order(file: ScoreFile) -> tuple[Any, ...]:
    return sort_key({"trials": file.trials.name, "model": file.model, "scoring": file.kind})


def _main_row(rows: Sequence[Row]) -> Row:
    models = [model for model in MODEL_ORDER if any(row["model"] == model for row in rows)]
    last = models[-1] if models else rows[-1]["model"]
    return min((row for row in rows if row["model"] == last), key=lambda row: float(row["eer"]))


def _errors(system: str, scored: ScoredList, test_set: TestSet) -> Errors:
    kinds, sessions = by_session(scored, test_set.sessions)
    targets, nontargets = hardest(scored, NUM_HARDEST)
    return Errors(
        system,
        scored.threshold,
        by_speaker(scored),
        by_pair(scored),
        by_language(scored, test_set.languages),
        by_duration(scored, test_set.durations),
        kinds,
        sessions,
        targets,
        nontargets,
    )


def _logs(exp_dir: Path) -> list[tuple[str, Log]]:
    paths = {model: exp_dir / FOLDERS[model] / "train.jsonl" for model in ("base", "lm")}
    return [(model, read_log(path)) for model, path in paths.items() if is_given(path)]


def _map(exp_dir: Path, lists: Sequence[ListSummary]) -> EmbeddingMap | str:
    """Return the map of the last model's embeddings of the first list's set."""
    first = lists[0]
    test_set = first.test_set
    folder = exp_dir / FOLDERS.get(first.main["model"], ".") / f"embeddings_{test_set.folder.name}"
    if not is_given(folder / "embedding.scp"):
        return f"{folder}: no embeddings are kept"
    found = embedding_map(folder, test_set.speakers)
    return found or f"{folder}: too few embeddings of the test set"
