"""All score files of an experiment and their figures, computed once for each content.

Score files are ``<exp>/scores/<trials>.<kind>`` (model "base"), ``<exp>/lm/scores/…`` ("lm") and
``<exp>/untrained/scores/…`` ("untrained", whose rows stand in ``untrained/results.json``).
"""

import hashlib
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from speakernet.arrays import Float64
from speakernet.config.errors import UserError, naming
from speakernet.config.files import is_given, open_input
from speakernet.kaldi.scores import read_scores
from speakernet.kaldi.trials import Trials, read_trials
from speakernet.report.evaluation import (
    MODELS,
    EvaluationOptions,
    check_kinds,
    draw,
    evaluate,
    find_utt2spk,
)
from speakernet.report.kept_draws import DRAWS, KeptDraws, read_draws, write_draws
from speakernet.report.provenance import experiment_name
from speakernet.report.results import Row, read_results, sort_key, write_results
from speakernet.work.files import suffixed
from speakernet.work.products import product_errors, read_product

logger = logging.getLogger(__name__)

INTERVALS = "logit, Student's t"
"""How intervals are computed: rows with others are not kept."""

FOLDERS = {"untrained": "untrained", "base": ".", "lm": "lm"}


def results_of_model(folder: Path) -> tuple[str, list[Row]]:
    """Return what a model is called, as ``corpus/recipe, base``, and its rows of results.json.

    ``folder``: of the model, ``<exp>`` or ``<exp>/lm``. Without results.json there are no rows.
    """
    folder = folder.resolve()
    model = folder.name if folder.name in ("lm", "untrained") else "base"
    exp_dir = folder if model == "base" else folder.parent
    path = exp_dir / "results.json"
    rows = read_results(path) if is_given(path) else []
    name = f"{experiment_name(exp_dir)}, {model}"
    return name, sorted((row for row in rows if row["model"] == model), key=sort_key)


@lru_cache(maxsize=1)
def _read_trials(path: Path) -> Trials:
    """Read a list once for all the files of its scores, which follow each other."""
    return read_trials(path)


@dataclass(frozen=True)
class ScoreFile:
    """One system's scores of one trial list."""

    model: str
    trials: Path
    kind: str
    path: Path

    def read(self) -> tuple[Trials, Float64]:
        """Return the trials and their scores (trials,)."""
        trials = _read_trials(self.trials)
        return trials, read_scores(self.path, trials)


def find_score_files(exp_dir: Path, lists: Sequence[Path]) -> list[ScoreFile]:
    """Return the score files of ``lists``.

    Raises UserError if a list has none of the base model, or if scores that a run has made are not
    all there as they were made.
    """
    found = []
    for folder in FOLDERS.values():
        _check_whole(exp_dir / folder / "scores")
    for trials in lists:
        for model, folder in FOLDERS.items():
            for path in sorted((exp_dir / folder / "scores").glob(f"{trials.name}.*")):
                kind = path.name.removeprefix(f"{trials.name}.")
                if "." not in kind:  # not a temporary file, nor a calibration's .json
                    found.append(ScoreFile(model, trials, kind, path))
        if not any(file.model == "base" and file.trials == trials for file in found):
            raise UserError(f"{exp_dir}/scores: no scores of {trials.name}")
    return found


def _check_whole(scores: Path) -> None:
    record = read_product(scores)
    for error in product_errors(scores, record, ()) if record else ():
        raise UserError(f"{error}; make the scores again (run.sh --stage 7)")


def _check_none_is_lost(exp_dir: Path, lists: Sequence[Path], rows: Sequence[Row]) -> None:
    """Raise UserError if results had a row of these lists whose scores are gone.

    A run that has made other scores says so in its record; then a row may go.
    """
    names = {path.name for path in lists}
    there = {_key(row) for row in rows}
    for row in _read_previous(exp_dir):
        model, trials, kind = _key(row)
        scores = exp_dir / FOLDERS.get(model, model) / "scores"
        is_lost = trials in names and _key(row) not in there
        if is_lost and read_product(scores) is None:
            raise UserError(
                f"{scores}/{trials}.{kind} is missing, and results.json has a row of it: make the "
                "scores again (run.sh --stage 7), or move results.json away"
            )


def _key(row: Row) -> tuple[str, str, str]:
    return row["model"], row["trials"], row["scoring"]


def evaluate_experiment(
    exp_dir: Path,
    lists: Sequence[Path],
    options: EvaluationOptions,
    utt2spk: Path | None,
    facts: Mapping[str, object],
    *,
    anew: bool = False,
) -> tuple[list[Row], bool]:
    """Return the sorted rows of all score files, and whether any was computed now.

    A row in results.json whose ``inputs`` (a digest of scores, trials, speakers and options) are
    still the same is kept, unless all are to be computed ``anew``. ``facts`` are added to new rows.
    Writes both results.json, and draws.npz with the draws of the rows.
    """
    _read_trials.cache_clear()  # of another experiment, or of lists that have changed since
    files = find_score_files(exp_dir, lists)
    previous = [] if anew else _read_previous(exp_dir)
    draws = read_draws(exp_dir / DRAWS)
    kept = {
        row["inputs"]: row
        for row in previous
        if "inputs" in row and (row["inputs"] in draws or not row.get("bootstrap"))
    }
    rows: list[Row] = []
    for file in files:
        digest = _digest(file, options, utt2spk, facts.get("partial"))
        if digest not in kept:
            logger.info("evaluating %s", file.path)
            row, drawn = _evaluate(file, options, utt2spk, facts)
            draws |= {digest: drawn} if drawn else {}
            rows.append({**row, "inputs": digest})
        else:
            rows.append(kept[digest])
    _check_none_is_lost(exp_dir, lists, rows)
    rows.sort(key=sort_key)
    changed = any(row["inputs"] not in kept for row in rows) or len(rows) < len(kept)
    if changed:
        needed = {row["inputs"]: draws[row["inputs"]] for row in rows if row["inputs"] in draws}
        if needed:
            write_draws(exp_dir / DRAWS, needed)
        write_results(exp_dir / "results.json", [r for r in rows if r["model"] != "untrained"])
        untrained = [row for row in rows if row["model"] == "untrained"]
        if untrained:
            write_results(exp_dir / "untrained" / "results.json", untrained)
    return rows, changed


def _evaluate(
    file: ScoreFile,
    options: EvaluationOptions,
    utt2spk: Path | None,
    facts: Mapping[str, object],
) -> tuple[Row, KeptDraws | None]:
    trials, scores = file.read()
    check_kinds(file.trials, trials)
    speakers = find_utt2spk(file.trials, utt2spk) if options.bootstrap or utt2spk else None
    with naming(file.trials):
        drawn = draw(scores, trials, options, speakers)
        figures = evaluate(scores, trials, options, drawn)
    names = {"model": file.model, "trials": file.trials.name, "scoring": file.kind}
    left_out = _left_out(file.trials)
    facts = {**facts, "num_left_out": len(read_trials(left_out))} if is_given(left_out) else facts
    kept = KeptDraws(drawn, _digest_of_draws(file, options, utt2spk)) if drawn else None
    return {**names, **figures, **facts}, kept


def _left_out(trials: Path) -> Path:
    """Return where trials of a list are that have no scores, as their recordings are missing."""
    return suffixed(trials, "left_out")


def _digest(
    file: ScoreFile, options: EvaluationOptions, utt2spk: Path | None, partial: object
) -> str:
    total = hashlib.sha256(f"{file.model} {file.trials.name} {file.kind}".encode())
    names = (options.definition.name, options.points, options.bootstrap, options.seed, INTERVALS)
    total.update(repr(names).encode())
    if partial:
        total.update(repr(partial).encode())
    _add_files(total, (file.path, *_tables(file, utt2spk), _left_out(file.trials)))
    return total.hexdigest()[:24]


def _digest_of_draws(file: ScoreFile, options: EvaluationOptions, utt2spk: Path | None) -> str:
    total = hashlib.sha256(repr((options.points, options.bootstrap, options.seed)).encode())
    _add_files(total, _tables(file, utt2spk))
    return total.hexdigest()[:24]


def _tables(file: ScoreFile, utt2spk: Path | None) -> tuple[Path, ...]:
    folder = file.trials.parent
    return (file.trials, *((utt2spk,) if utt2spk else (folder / "utt2spk", folder / MODELS)))


def _add_files(total: "hashlib._Hash", paths: Iterable[Path]) -> None:
    for path in paths:
        if is_given(path):
            with open_input(path) as content:
                total.update(hashlib.file_digest(content, "sha256").digest())


def _read_previous(exp_dir: Path) -> Iterator[Row]:
    for path in (exp_dir / "results.json", exp_dir / "untrained" / "results.json"):
        with suppress(FileNotFoundError, UserError):
            yield from read_results(path)
