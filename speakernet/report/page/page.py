"""The report as a whole, and the tables behind it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from speakernet.config import UserError
from speakernet.report.page.about_section import about_section
from speakernet.report.page.curve_section import curve_section, training_section
from speakernet.report.page.error_section import error_section
from speakernet.report.page.map_section import map_section
from speakernet.report.page.markup import Html, element, folded, join, note
from speakernet.report.page.recordings import Recordings
from speakernet.report.page.result_section import result_section
from speakernet.report.page.style import STYLE
from speakernet.report.page.trial_section import trial_section, utterances_of
from speakernet.report.reports import row_notes
from speakernet.report.summary import ExperimentSummary, experiment_rows, summarise
from speakernet.work.files import open_for_replace, write_errors

MAX_DETAILED = 12
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; media-src 'self' file: data:; "
    "base-uri 'none'; form-action 'none'"
)
"""For the browser: the page has no scripts and asks for nothing but the recordings it plays."""


@dataclass(frozen=True)
class ReportOptions:
    """What to report, and to where.

    trials: the lists, or none for those of results.json, looked for in ``data``/<corpus>/<set>;
    utt2spk: speakers of the trials, otherwise the table beside each list; clips_mib: how much of
    the hardest trials' recordings goes into the page; tables: a folder for the rows of all
    speakers and pairs, if any; made_with: versions that the page names.
    """

    experiments: Sequence[Path]
    output: Path
    trials: Sequence[Path] = ()
    data: Path = Path("data")
    utt2spk: Path | None = None
    clips_mib: float = 0.0
    tables: Path | None = None
    made_with: str = ""


def write_report(options: ReportOptions) -> None:
    """Write the page.

    Raises UserError where an experiment has no results, trials or scores, or is given twice.
    """
    _check_no_repeats(options.experiments)
    if options.output.is_dir():
        raise UserError(f"{options.output}: is a folder; expected the name of a file")
    with open_for_replace(options.output) as file:  # opened first: large tests take minutes
        found = [
            summarise(path, _lists(path, options), options.utt2spk) for path in options.experiments
        ]
        if options.tables:
            _write_tables(options.tables, found)
        file.write(_page(found, options).encode())


def _check_no_repeats(experiments: Sequence[Path]) -> None:
    """Raise UserError for an experiment that is given twice: it would count as two seeds."""
    seen: dict[Path, Path] = {}
    for path in experiments:
        other = seen.setdefault(path.resolve(), path)
        if other is not path:
            raise UserError(f"{path}: the same experiment as {other}; name each once")


def _lists(exp_dir: Path, options: ReportOptions) -> list[Path]:
    """Return the paths of the lists of an experiment's results."""
    names = dict.fromkeys(row["trials"] for row in experiment_rows(exp_dir))
    if options.trials:
        known = [path for path in options.trials if path.name in names]
        if not known or (len(options.experiments) == 1 and len(known) < len(options.trials)):
            unknown = next(path for path in options.trials if path.name not in names)
            raise UserError(
                f"{unknown}: {exp_dir}/results.json has no row of a list of this name; "
                f"it has {' '.join(names)}"
            )
        return known
    parents = exp_dir.resolve().parts[-3:-1]  # exp/<corpus>/<recipe>, or …/<format>/<recipe>
    folders = [options.data / corpus for corpus in reversed(parents)]
    lists = [
        next((p for folder in folders for p in sorted(folder.glob(f"*/{name}"))), None)
        for name in names
        if "/" not in name
    ]
    if None in lists or not lists:
        looked = " or ".join(map(str, folders))
        raise UserError(
            f"{exp_dir}: its trial lists ({' '.join(names)}) are not in a set of {looked}; "
            "say where they are: --trials LIST"
        )
    return [path for path in lists if path]


def _page(experiments: Sequence[ExperimentSummary], options: ReportOptions) -> str:
    title = " and ".join(e.name for e in experiments[:3]) + (" …" if len(experiments) > 3 else "")
    sections = {
        "Results": [*result_section(experiments), _notes(experiments)],
        "Curves": curve_section(experiments),
        "Training": training_section(experiments),
        "Errors": _details(experiments, options),
        "Map of embeddings": _each(experiments, lambda e: map_section(e.embeddings)),
        "Settings, times, disk": _each(experiments, about_section),
    }
    head = [
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", title),
        element("style", Html(STYLE)),
    ]
    names = [(_anchor(name), name) for name in sections]
    links = [element("a", name, href=f"#{anchor}") for anchor, name in names]
    body = [element("h1", title), note(options.made_with), element("nav", links)]
    for (anchor, name), content in zip(names, sections.values(), strict=True):
        body.append(element("section", element("h2", name), content, id=anchor))
    whole = element("html", element("head", head), element("body", body), lang="en")
    return f"<!doctype html>\n{whole}\n"


def _anchor(name: str) -> str:
    return name.lower().replace(",", "").replace(" ", "-")


def _notes(experiments: Sequence[ExperimentSummary]) -> Html:
    rows = [row for e in experiments for one in e.lists for row in one.rows]
    return join(note(line.replace("`", "")) for line in row_notes(rows))


def _each(
    experiments: Sequence[ExperimentSummary],
    section: Callable[[ExperimentSummary], Iterable[Html]],
) -> Iterator[Html]:
    """Yield the section of each experiment: below its name where there are several."""
    for experiment in experiments:
        if len(experiments) > 1:
            yield element("h3", experiment.name)
        yield from section(experiment)


def _details(experiments: Sequence[ExperimentSummary], options: ReportOptions) -> Iterator[Html]:
    """Yield the errors of each list of each experiment: the first open, the others folded."""
    chosen = [(e, one) for e in experiments for one in e.lists]
    clip_bytes = int(options.clips_mib * 2**20)
    for number, (experiment, one) in enumerate(chosen[:MAX_DETAILED]):
        wanted = utterances_of(one)
        page_dir = options.output.parent
        recordings = Recordings(one.test_set.folder, wanted, page_dir, clip_bytes)
        where = f"{options.tables}/{one.name}.*.tsv" if options.tables else ""
        content = [*error_section(one, where), *trial_section(one, recordings)]
        clip_bytes = recordings.clip_bytes
        name = f"{experiment.name}: {one.name}" if len(experiments) > 1 else f"Trials {one.name}"
        yield folded(name, content, is_open=number == 0)
    if len(chosen) > MAX_DETAILED:
        yield note(f"Errors of the first {MAX_DETAILED} of {len(chosen)} lists of experiments.")


def _write_tables(folder: Path, experiments: Sequence[ExperimentSummary]) -> None:
    """Write the rows of all speakers and pairs of the first experiment, which pages cap."""
    with write_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    for one in experiments[0].lists:
        speakers = [
            (g.name, g.num_target, g.num_miss, g.num_nontarget, g.num_false_alarm)
            for g in one.errors.speakers
        ]
        header = ("speaker", "targets", "misses", "nontargets", "false_alarms")
        _write_table(folder / f"{one.name}.speakers.tsv", [header, *speakers])
        header_of_pairs = ("speaker", "other", "nontargets", "false_alarms")
        _write_table(folder / f"{one.name}.pairs.tsv", [header_of_pairs, *one.errors.pairs])


def _write_table(path: Path, rows: Iterable[Sequence[object]]) -> None:
    with open_for_replace(path) as file:
        file.writelines("\t".join(map(str, row)).encode() + b"\n" for row in rows)
