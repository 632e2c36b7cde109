"""Who and what goes wrong: errors by speaker, pair, language, duration and session."""

from collections.abc import Iterator, Sequence

import numpy as np

from speakernet.arrays import Float64
from speakernet.report.error_rates import Group
from speakernet.report.page.chart import Axis, Chart, color
from speakernet.report.page.markup import Content, Html, element, note, percent, rate_cell, table
from speakernet.report.page.pair_grid import MAX_GRID, pair_grid
from speakernet.report.summary import Errors, ListSummary

MAX_SPEAKERS, MAX_PAIRS, MAX_LANGUAGES, MAX_SESSIONS = 25, 20, 30, 15


def error_section(one: ListSummary, tables: str) -> Iterator[Html]:
    """Yield the errors of a list's main system; ``tables`` says where rows beyond the caps are."""
    errors = one.errors
    yield note(
        f"System {errors.system}, at the threshold of its EER ({errors.threshold:.4g}): a rejected "
        "target is a miss, an accepted non-target a false alarm."
    )
    yield from _speakers(errors, tables)
    yield from _pairs(errors, tables)
    yield from _groups("By language", "language", errors.languages, "utt2lang or spk2lang")
    yield from _groups("By duration of the shorter side", "duration", errors.durations, "utt2dur")
    yield from _sessions(errors)


def _speakers(errors: Errors, tables: str) -> Iterator[Html]:
    groups = errors.speakers
    misses = max(1, sum(group.num_miss for group in groups))
    alarms = max(1, sum(group.num_false_alarm for group in groups) // 2)
    order = sorted(groups, key=lambda g: (-g.num_miss, -g.num_false_alarm, g.name))
    rows: list[list[Content]] = [
        [
            group.name,
            f"{group.num_target:,}",
            rate_cell(group.miss_rate),
            percent(group.num_miss / misses, 1),
            rate_cell(group.false_alarm_rate),
            percent(group.num_false_alarm / alarms, 1),
        ]
        for group in order[:MAX_SPEAKERS]
    ]
    header = ["speaker", "targets", "missed %", "of all misses %", "false alarms %"]
    yield element("h3", "By speaker")
    yield table([*header, "of all false alarms %"], rows)
    yield from _cap(len(groups), MAX_SPEAKERS, "speakers, those with most misses", tables)
    if len(groups) > 1:
        yield element("div", _spread_of_rates(groups), class_="charts")


def _spread_of_rates(groups: Sequence[Group]) -> list[Html]:
    """Return how the rates of speakers are distributed: each chart a sorted curve."""
    charts = []
    for number, (title, rates) in enumerate(
        {
            "Missed targets by speaker": [g.miss_rate for g in groups],
            "False alarms by speaker": [g.false_alarm_rate for g in groups],
        }.items()
    ):
        values = 100 * np.sort([rate for rate in rates if rate is not None])[::-1]
        if not values.size:
            continue
        share = 100 * np.arange(len(values) + 1) / len(values)
        chart = Chart(
            Axis.over("% of speakers, worst first", [0, 100]),
            Axis.over("%", [0, *values[:1]]),
            height=220,
        )
        chart.area(np.repeat(share, 2)[1:-1], _steps(values), color(number + 1))
        charts.append(chart.figure(title))
    return charts


def _steps(values: Float64) -> Float64:
    return np.repeat(values, 2)


def _pairs(errors: Errors, tables: str) -> Iterator[Html]:
    total = max(1, sum(alarms for *_, alarms in errors.pairs))
    yield element("h3", "Pairs of speakers that are confused")
    if not errors.pairs:
        yield note("There are no false alarms.")
        return
    shares = np.cumsum([alarms for *_, alarms in errors.pairs]) / total
    rows: list[list[Content]] = [
        [
            f"{one} and {two}",
            f"{trials:,}",
            rate_cell(alarms / trials),
            percent(alarms / total, 1),
            percent(share, 1),
        ]
        for (one, two, trials, alarms), share in zip(
            errors.pairs[:MAX_PAIRS], shares.tolist(), strict=False
        )
    ]
    header = ["speakers", "non-targets", "false alarms %", "of all false alarms %"]
    yield table([*header, "with those above %"], rows)
    yield from _cap(len(errors.pairs), MAX_PAIRS, "pairs with false alarms", tables)
    if len(errors.speakers) <= MAX_GRID:
        yield pair_grid([group.name for group in errors.speakers], errors.pairs)


def _groups(title: str, header: str, groups: Sequence[Group], source: str) -> Iterator[Html]:
    yield element("h3", title)
    if not groups:
        yield note(f"The test set has no {source}.")
        return
    rows: list[list[Content]] = [
        [
            group.name,
            f"{group.num_target:,}",
            rate_cell(group.miss_rate),
            f"{group.num_nontarget:,}",
            rate_cell(group.false_alarm_rate),
            percent(group.eer),
        ]
        for group in groups[-MAX_LANGUAGES:]
    ]
    columns = [header, "targets", "missed %", "non-targets", "false alarms %", "own EER %"]
    yield table(columns, rows)
    yield from _cap(len(groups), MAX_LANGUAGES, "rows", "")


def _sessions(errors: Errors) -> Iterator[Html]:
    yield element("h3", "By session")
    if not errors.sessions:
        yield note("The test set has no utt2session.")
        return
    kinds = [_target_cells(group) for group in errors.session_kinds]
    yield table(["targets of", "targets", "missed %"], kinds)
    worst = sorted(errors.sessions, key=lambda g: (-g.num_miss, g.name))[:MAX_SESSIONS]
    yield table(["session", "targets", "missed %"], [_target_cells(g) for g in worst if g.num_miss])
    yield from _cap(len(errors.sessions), MAX_SESSIONS, "sessions, those with most misses", "")


def _target_cells(group: Group) -> list[Content]:
    return [group.name, f"{group.num_target:,}", rate_cell(group.miss_rate)]


def _cap(number: int, most: int, what: str, tables: str) -> Iterator[Html]:
    if number > most:
        where = f" All are in {tables}." if tables else ""
        yield note(f"{most} of {number:,} {what}.{where}")
