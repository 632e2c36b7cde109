"""The files that show results: RESULTS.md and det.png of an experiment, RESULTS.md of a corpus."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from speakernet.config import UserError
from speakernet.metrics.definitions import definitions
from speakernet.report.evaluation import EvaluationOptions
from speakernet.report.experiment import evaluate_experiment, find_score_files
from speakernet.report.plots import System, plot_det
from speakernet.report.provenance import experiment_facts, experiment_name
from speakernet.report.published import read_published
from speakernet.report.results import Row, read_results
from speakernet.report.tables import corpus_report, experiment_report
from speakernet.work.files import open_for_replace


@dataclass(frozen=True)
class ExperimentFiles:
    """An experiment's folder, its trial lists, and tables that may be given with them.

    utt2spk: speakers of the trials, otherwise the one beside each list; published: figures of
    others to show beside ours; anew: whether to evaluate what has not changed, too.
    """

    exp_dir: Path
    trials: Sequence[Path]
    utt2spk: Path | None = None
    published: Path | None = None
    anew: bool = False


def report_experiment(files: ExperimentFiles, options: EvaluationOptions) -> str:
    """Write results.json, RESULTS.md and det.png of an experiment; return the Markdown.

    What has not changed is not computed again. Raises UserError where a list has no scores.
    """
    exp_dir = files.exp_dir
    published = read_published(files.published) if files.published else []
    facts = experiment_facts(exp_dir, files.trials)
    rows, changed = evaluate_experiment(
        exp_dir, files.trials, options, files.utt2spk, facts, anew=files.anew
    )
    notes = [*facts.get("partial", ()), *_notes(options)]
    report = experiment_report(experiment_name(exp_dir), rows, notes, published)
    _write(exp_dir / "RESULTS.md", report)
    if changed or not (exp_dir / "det.png").is_file():
        _plot_experiment(exp_dir, files.trials, options.p_targets)
    return report


def _plot_experiment(exp_dir: Path, lists: Sequence[Path], p_targets: Sequence[float]) -> None:
    panels: dict[str, list[System]] = {path.name: [] for path in lists}
    for file in find_score_files(exp_dir, lists):
        trials, scores = file.read()
        system = System(f"{file.model}, {file.kind}", scores, trials.is_target)
        panels[file.trials.name].append(system)
    plot_det(panels, p_targets, exp_dir / "det.png")


def report_corpus(exp_dir: Path, output: Path, published: Path | None) -> tuple[int, int]:
    """Write the Markdown of every results.json under ``exp_dir``; return the rows and files found.

    Raises UserError where there is nothing to show.
    """
    paths = sorted(exp_dir.rglob("results.json"))
    rows = [row for path in paths for row in read_results(path)]
    others = read_published(published) if published else []
    if not rows and not others:
        raise UserError(f"{exp_dir}: no results.json and no published figures")
    _write(output, corpus_report(exp_dir.name, rows, _corpus_notes(rows), others))
    return len(rows), len(paths)


def row_notes(rows: Sequence[Row]) -> list[str]:
    """Return what a reader must know of any rows: sets that were not whole, what figures mean."""
    used = sorted({row["definition"] for row in rows if "definition" in row})
    numbers = sorted({row["bootstrap"] for row in rows if row.get("bootstrap")})
    partial = sorted({f"{r.get('recipe', '')}: {x}" for r in rows for x in r.get("partial", ())})
    return [*partial, *map(_definition_note, used), *map(_interval_note, numbers)]


def _notes(options: EvaluationOptions) -> list[str]:
    """Return what a reader of an experiment's table must know about its figures."""
    lines = [_definition_note(options.definition.name)]
    lines.append(f"C_miss = {options.c_miss:g}, C_fa = {options.c_fa:g}.")
    return [*lines, *([_interval_note(options.bootstrap)] if options.bootstrap else [])]


def _corpus_notes(rows: Sequence[Row]) -> list[str]:
    return [
        *row_notes(rows),
        "Published figures were computed by their authors, with their definition.",
    ]


def _definition_note(name: str) -> str:
    return f"Definition `{name}`: {definitions.get(name).text}."


def _interval_note(num_draws: int) -> str:
    return (
        f"Intervals: 95 %, from {num_draws} bootstrap draws of speakers on the scale of logits "
        "(docs/scoring.md)."
    )


def _write(path: Path, text: str) -> None:
    with open_for_replace(path) as file:
        file.write(text.encode())
