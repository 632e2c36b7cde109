"""The tables of results: figures with intervals, differences under the same draws, and seeds."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from speakernet.backend.config import CALIBRATED, QMF
from speakernet.report.draws import Draws
from speakernet.report.kept_draws import KeptDraws
from speakernet.report.page.markup import Content, Html, element, folded, note, table
from speakernet.report.results import Row
from speakernet.report.summary import ExperimentSummary, ListSummary

MAX_ROWS = 60
_SEED = re.compile(r"-seed=\d+")


class ReportedSystem(NamedTuple):
    """A row of results, the experiment (if there are several), and its draws if they are kept."""

    experiment: str
    row: Row
    kept: KeptDraws | None

    @property
    def name(self) -> str:
        """Experiment, model and scoring."""
        system = f"{self.row['model']}, {self.row['scoring']}"
        return f"{self.experiment}: {system}" if self.experiment else system


def result_section(experiments: Sequence[ExperimentSummary]) -> Iterator[Html]:
    """Yield the tables of each list that any experiment has."""
    yield note(
        "Below a figure is its interval of 95 %. Differences are those to one system under the "
        "same draws of speakers: errors that both make of the same speakers cancel, so that a "
        "difference may be clear where intervals overlap. Bold: its interval leaves out 0."
    )
    for number, name in enumerate(list_names(experiments)):
        systems = list(_systems(experiments, name))
        mains = [one.main for _, one in lists_of(experiments, name)]
        content = [
            note(_sizes(systems)),
            *_capped(systems, _figures(systems[:MAX_ROWS], several=len(experiments) > 1)),
            *_differences(systems, _reference(systems, mains)),
            *_seeds(systems),
        ]
        yield folded(f"Trials {name}", content, is_open=number == 0)


def list_names(experiments: Sequence[ExperimentSummary]) -> list[str]:
    """Return the names of the lists that any experiment has, in their order."""
    return list(dict.fromkeys(one.name for e in experiments for one in e.lists))


def _systems(experiments: Sequence[ExperimentSummary], name: str) -> Iterator[ReportedSystem]:
    for short, experiment in zip(short_names(experiments), experiments, strict=True):
        for one in experiment.lists:
            for row in one.rows if one.name == name else ():
                draws = experiment.draws.get(row.get("inputs", ""))
                yield ReportedSystem(short, row, draws)


def _reference(systems: Sequence[ReportedSystem], mains: Sequence[Row]) -> ReportedSystem:
    """Return the system that others are compared with: the first main one."""
    return next(system for system in systems if system.row is mains[0])


def _sizes(systems: Sequence[ReportedSystem]) -> str:
    sizes = {
        (s.row["num_target"], s.row["num_nontarget"], s.row.get("num_left_out", 0)) for s in systems
    }
    parts = [
        f"{target:,} target and {nontarget:,} non-target trials"
        + (f", {left_out:,} left out, as their recordings are missing" if left_out else "")
        for target, nontarget, left_out in sorted(sizes)
    ]
    return f"{'; or '.join(parts)}."


def _capped(systems: Sequence[ReportedSystem], shown: Html) -> Iterator[Html]:
    yield shown
    if len(systems) > MAX_ROWS:
        yield note(f"The first {MAX_ROWS} of {len(systems)} rows; results.json has all.")


def _figures(systems: Sequence[ReportedSystem], *, several: bool) -> Html:
    priors = sorted({p for s in systems for p in s.row["min_dcf"]}, key=float)
    is_llr = any(s.row["scoring"].endswith((CALIBRATED, QMF)) for s in systems)
    header = [*(["experiment"] if several else []), "model", "scoring", "EER %"]
    header += [f"minDCF({p})" for p in priors]
    header += [*(f"actDCF({p})" for p in priors), "Cllr", "minCllr"] if is_llr else []
    names = 3 if several else 2
    rows = [_figure_cells(s, priors, several=several, is_llr=is_llr) for s in systems]
    return table(header, rows, names=names)


def _figure_cells(
    system: ReportedSystem, priors: Sequence[str], *, several: bool, is_llr: bool
) -> list[Content]:
    row = system.row
    cells: list[Content] = [system.experiment] if several else []
    cells += [row["model"], row["scoring"], _with_range(row["eer"], row.get("eer_interval"), 2)]
    for kind in ("min_dcf", "act_dcf") if is_llr else ("min_dcf",):
        values, ranges = row.get(kind, {}), row.get(f"{kind}_interval", {})
        cells += [_with_range(values.get(p), ranges.get(p), 3) for p in priors]
    return cells + (
        [_with_range(row.get(k), None, 3) for k in ("cllr", "min_cllr")] if is_llr else []
    )


def _with_range(value: float | None, bounds: Sequence[float] | None, digits: int) -> Content:
    if value is None:
        return ""
    shown = f"{value:.{digits}f}"
    return [shown, element("span", _range(bounds, digits), class_="range")] if bounds else shown


def _range(bounds: Sequence[float], digits: int) -> str:
    return f"{bounds[0]:.{digits}f} – {bounds[1]:.{digits}f}"


def _differences(systems: Sequence[ReportedSystem], reference: ReportedSystem) -> Iterator[Html]:
    """Yield the table of differences to ``reference`` of systems that have the same draws."""
    if reference.kept is None:
        return
    others = [s for s in systems if s.row is not reference.row and _is_paired(s, reference)]
    if not others:
        return
    priors = reference.kept.draws.p_targets
    rows = [_difference_cells(s, reference.kept.draws) for s in others[:MAX_ROWS]]
    header = ["system", "EER, points", *(f"minDCF({p})" for p in priors)]
    yield element("h4", f"Differences to {reference.name}")
    yield table(header, rows)
    if len(others) < len(systems) - 1:
        yield note(
            "Rows without draws, or with other trials or draws, cannot be compared in pairs."
        )


def _is_paired(system: ReportedSystem, reference: ReportedSystem) -> bool:
    kept, other = system.kept, reference.kept
    return kept is not None and other is not None and kept.drawn_from == other.drawn_from


def _difference_cells(system: ReportedSystem, reference: Draws) -> list[Content]:
    assert system.kept is not None
    cells: list[Content] = [system.name]
    for figure in range(1 + len(reference.p_targets)):
        scale, digits = (100, 2) if figure == 0 else (1, 3)
        value, low, high = (scale * x for x in system.kept.draws.minus(reference, figure))
        kind = "clear" if low > 0 or high < 0 else None
        shown = element("span", f"{value:+.{digits}f}", class_=kind)
        bounds = f"{low:+.{digits}f} to {high:+.{digits}f}"
        cells.append([shown, element("span", bounds, class_="range")])
    return cells


def _seeds(systems: Sequence[ReportedSystem]) -> Iterator[Html]:
    """Yield the means of systems that differ by their seed only."""
    groups: dict[tuple[str, str, str], list[ReportedSystem]] = {}
    for system in systems:
        name = _SEED.sub("", system.experiment)
        groups.setdefault((name, system.row["model"], system.row["scoring"]), []).append(system)
    rows = [_seed_cells(key, group) for key, group in groups.items() if len(group) > 1]
    if rows:
        header = ["experiment", "model", "scoring", "seeds", "mean EER %", "least", "largest"]
        yield element("h3", "Means over seeds")
        yield note(
            "The interval is that of the mean under the same draws of speakers for all seeds."
        )
        yield table(header, rows[:MAX_ROWS], names=3)


def _seed_cells(key: tuple[str, str, str], group: Sequence[ReportedSystem]) -> list[Content]:
    eers = [float(system.row["eer"]) for system in group]
    bounds = _mean_interval([s.kept for s in group])
    mean = _with_range(float(np.mean(eers)), bounds, 2)
    return [*key, str(len(group)), mean, f"{min(eers):.2f}", f"{max(eers):.2f}"]


def _mean_interval(kept: Sequence[KeptDraws | None]) -> list[float] | None:
    some = [one for one in kept if one is not None]
    if len(some) < len(kept) or len({one.drawn_from for one in some}) > 1:
        return None
    first = some[0].draws
    estimates = np.mean([one.draws.estimates for one in some], axis=0)
    samples = np.mean([one.draws.samples for one in some], axis=0)
    mean = Draws(estimates, samples, first.p_targets, first.num_speakers, first.least)
    return list(mean.intervals()["eer_interval"])


def short_names(experiments: Sequence[ExperimentSummary]) -> list[str]:
    """Return the names of several experiments: without their corpus if all have one; else none."""
    if len(experiments) == 1:
        return [""]
    corpora, recipes = zip(*(e.name.rpartition("/")[::2] for e in experiments), strict=True)
    distinct = len(set(corpora)) > 1 or len(set(recipes)) < len(recipes)
    return [e.name for e in experiments] if distinct else list(recipes)


def lists_of(experiments: Sequence[ExperimentSummary], name: str) -> list[tuple[str, ListSummary]]:
    """Return what each experiment has of a list, by its short name."""
    names = short_names(experiments)
    pairs = zip(names, experiments, strict=True)
    return [(short, one) for short, e in pairs for one in e.lists if one.name == name]
