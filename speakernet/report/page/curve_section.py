"""DET curves, histograms of scores and Bayes error curves; loss and accuracy of trainings."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import ArrayLike

from speakernet.arrays import Float64
from speakernet.report.page.chart import HEIGHT, NUM_COLORS, Axis, Chart, color
from speakernet.report.page.markup import Html, element, folded, note
from speakernet.report.page.result_section import list_names, lists_of, short_names
from speakernet.report.plots import TICKS
from speakernet.report.summary import ExperimentSummary, ListSummary
from speakernet.report.system_curves import SystemCurves

_DET_HEIGHT = 350
_RATES = (0.001, 0.01, 0.05, 0.2, 0.4)


def curve_section(experiments: Sequence[ExperimentSummary]) -> Iterator[Html]:
    """Yield the charts of each list."""
    for number, name in enumerate(list_names(experiments)):
        mains, others = _labelled(lists_of(experiments, name))
        curves = [*mains, *others] if len(experiments) > 1 else [*others, *mains]
        charts = [_det(curves), _bayes(curves), *(_histogram(*main) for main in mains[:4])]
        shown = element("div", charts, class_="charts")
        yield folded(f"Trials {name}", shown, _caps(len(curves), len(mains)), is_open=number == 0)


_Labelled = list[tuple[str, SystemCurves]]


def _labelled(lists: Sequence[tuple[str, ListSummary]]) -> tuple[_Labelled, _Labelled]:
    """Return the curves of the main systems, and of the others, with their names."""
    mains: _Labelled = []
    others: _Labelled = []
    for experiment, one in lists:
        for curve in one.curves:
            label = f"{experiment}: {curve.name}" if experiment else curve.name
            (mains if curve.name == one.errors.system else others).append((label, curve))
    return mains, others


def _caps(num_curves: int, num_mains: int) -> Iterator[Html]:
    if num_curves > NUM_COLORS:
        yield note(f"Curves of the first {NUM_COLORS} of {num_curves} systems.")
    if num_mains > 4:
        yield note(f"Histograms of the first 4 of {num_mains} systems.")


def _det(curves: Sequence[tuple[str, SystemCurves]]) -> Html:
    from scipy.special import ndtri

    ticks = [(float(ndtri(r)), f"{100 * r:g}") for r in _RATES]
    low, high = float(ndtri(TICKS[1] / 2)), float(ndtri(TICKS[-1]))
    chart = Chart(
        Axis("false alarms, %", low, high, ticks), Axis("misses, %", low, high, ticks), _DET_HEIGHT
    )
    for number, (label, curve) in enumerate(curves[:NUM_COLORS]):
        x, y = (ndtri(np.clip(r, curve.low, 1 - curve.low)) for r in (curve.p_fa, curve.p_miss))
        inside = (x >= low) & (x <= high) & (y >= low) & (y <= high)
        chart.curve(x[inside], y[inside], color(number))
        for mark, rates in curve.marks.items():
            place = ndtri(np.clip(rates, curve.low, 1 - curve.low))
            if low <= place.min() and place.max() <= high:
                chart.marks(place[:1], place[1:], color(number), filled=mark == "EER")
        chart.key(color(number), f"{label}: {100 * curve.eer:.2f} %")
    return chart.figure("DET curves (dot: EER; rings: minDCF)")


def _bayes(curves: Sequence[tuple[str, SystemCurves]]) -> Html:
    odds = curves[0][1].bayes.log_odds
    x = Axis.over("log odds of the target prior", odds, tight=True)
    chart = Chart(x, Axis("normalised cost", 0, 1.2, [(t / 5, f"{t / 5:g}") for t in range(7)]))
    for number, (label, curve) in enumerate(curves[:NUM_COLORS]):
        bayes = curve.bayes
        chart.curve(bayes.log_odds, bayes.lowest, color(number), dashed=bayes.actual is not None)
        if bayes.actual is not None:
            chart.curve(bayes.log_odds, bayes.actual, color(number))
        chart.key(color(number), label)
    is_llr = any(curve.bayes.actual is not None for _, curve in curves)
    below = (
        "Dashes: minimum; line: as calibrated."
        if is_llr
        else ("The minimum at each prior: no scores here are log-likelihood ratios.")
    )
    return chart.figure("Bayes error", note(below))


def _histogram(label: str, curve: SystemCurves) -> Html:
    found = curve.histogram
    top = max(float(found.target.max()), float(found.nontarget.max()))
    chart = Chart(
        Axis.over("score", found.edges, tight=True),
        Axis.over("% of trials", [100 * top], from_zero=True),
    )
    for number, (name, shares) in enumerate(
        {"non-target": found.nontarget, "target": found.target}.items()
    ):
        chart.area(*_steps(found.edges, 100 * shares), color(number))
        chart.key(color(number), name)
    for number, (name, threshold) in enumerate(found.thresholds.items(), 2):
        chart.vertical(threshold, color(number))
        chart.key(color(number), f"threshold of {name}: {threshold:.3g}")
    return chart.figure(f"Scores of {label}")


def _steps(edges: Float64, values: ArrayLike) -> tuple[Float64, Float64]:
    """Return the outline of bars between ``edges`` (bars + 1,) of height ``values`` (bars,)."""
    heights = np.repeat(np.asarray(values, np.float64), 2)
    return np.repeat(edges, 2), np.concatenate([[0.0], heights, [0.0]])


def training_section(experiments: Sequence[ExperimentSummary]) -> Iterator[Html]:
    """Yield loss and accuracy of every training, base models and fine-tuned ones apart."""
    for model in ("base", "lm"):
        names = zip(short_names(experiments), experiments, strict=True)
        logs = [(name, e.logs[model]) for name, e in names if e.logs.get(model)]
        if not logs:
            yield note(f"There is no train.jsonl of a model {model}.")
            continue
        charts = []
        for key, title, scale in (("loss", "loss", 1), ("accuracy", "accuracy, %", 100)):
            steps = [np.array([*log]) for _, log in logs]
            values = [scale * np.array([e[key] for e in log.values()]) for _, log in logs]
            x = Axis.over("update", np.concatenate(steps), from_zero=True, tight=True)
            chart = Chart(x, Axis.over(title, np.concatenate(values), from_zero=True), HEIGHT)
            for number, (name, _) in enumerate(logs[:NUM_COLORS]):
                chart.curve(*_thin(steps[number], values[number]), color(number))
                if len(logs) > 1:
                    chart.key(color(number), name)
            charts.append(chart.figure(f"{key.capitalize()} of training crops, {model}"))
        yield element("div", charts, class_="charts")


def _thin(xs: Float64, ys: Float64, most: int = 400) -> tuple[Float64, Float64]:
    """Return means of neighbours, so that no more than ``most`` points are left."""
    each = -(-len(xs) // most)
    starts = np.arange(0, len(xs), each)
    sizes = np.diff([*starts, len(xs)])
    return np.add.reduceat(xs, starts) / sizes, np.add.reduceat(ys, starts) / sizes
