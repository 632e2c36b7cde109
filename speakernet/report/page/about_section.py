"""How an experiment was made: settings, times and disk."""

from collections.abc import Iterator
from pathlib import Path

from speakernet.config import load_plain
from speakernet.config.files import is_given, read_text
from speakernet.report.accounting import COLUMNS, read_usage, sum_stages
from speakernet.report.disk_usage import disk_usage
from speakernet.report.experiment import FOLDERS
from speakernet.report.page.markup import Html, element, folded, note, table
from speakernet.report.summary import ExperimentSummary
from speakernet.report.training_logs import training_seconds
from speakernet.work.cleaning import size_text
from speakernet.work.progress import duration

RESULTS_STAGE = 8
_RECIPES = ("recipe.yaml", "lm/recipe.yaml")
_MAX_TEXT, _MAX_PRODUCTS = 40_000, 20


def about_section(experiment: ExperimentSummary) -> Iterator[Html]:
    """Yield what is known of an experiment."""
    folder = experiment.folder
    commits = sorted({row.get("commit", "") for one in experiment.lists for row in one.rows} - {""})
    if commits:
        yield note(f"Results of commit {', '.join(commits)}.")
    for name in ("log/commands", *_RECIPES):
        if is_given(folder / name):
            if name in _RECIPES:
                load_plain(folder / name)  # refuses what is no recipe
            yield folded(name, element("pre", _text(folder / name)))
    yield from _times(folder)
    yield from _disk(folder)


def _text(path: Path) -> str:
    text = read_text(path)
    rest = len(text) - _MAX_TEXT
    return text if rest <= 0 else f"{text[:_MAX_TEXT]}\n… and {rest:,} more characters in {path}"


def _times(folder: Path) -> Iterator[Html]:
    path = folder / "log" / "usage.tsv"
    yield element("h3", "Times")
    rows = sum_stages(read_usage(path)) if is_given(path) else []
    for model in ("base", "lm"):
        log = folder / FOLDERS[model] / "train.jsonl"
        if is_given(log) and (seconds := training_seconds(log)):
            yield note(
                f"Training of {model}: {duration(seconds)} from its first log line to its last."
            )
    if not rows:
        yield note("No times of stages are kept (log/usage.tsv).")
        return
    titles = [column.replace("_", " ") for column in COLUMNS]
    yield table(titles, [row.cells() for row in rows])


def _disk(folder: Path) -> Iterator[Html]:
    usages = disk_usage(folder / "data", folder)
    yield element("h3", "Disk")
    usages = [usage for usage in usages if usage.stage < RESULTS_STAGE]
    rows = [[usage.product, size_text(usage.num_bytes)] for usage in usages[:_MAX_PRODUCTS]]
    total = size_text(sum(usage.num_bytes for usage in usages))
    yield table(["product", "size"], [*rows, ["all", total]])
