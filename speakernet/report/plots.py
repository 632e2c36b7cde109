"""Pictures of scores, without a screen: DET curves, histograms, Bayes error plots."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from speakernet.arrays import Bool, Float64, Indices
from speakernet.config import UserError
from speakernet.kaldi.scores import read_scores
from speakernet.kaldi.trials import read_trials
from speakernet.metrics.cllr import pav_llrs
from speakernet.metrics.dcf import OperatingPoint, act_dcf, min_dcf, min_dcf_index
from speakernet.metrics.det import DetCurve, SortedScores, det_curve, eer
from speakernet.work.files import path_for_replace

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TICKS = (0.0001, 0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6)
MARKERS = ("o", "s", "^", "D", "v")
MAX_POINTS = 2000
LOG_ODDS = (-9.0, 3.0)


@dataclass(frozen=True, eq=False)
class System:
    """Scores (trials,) of one system on one list, and labels (trials,)."""

    name: str
    scores: Float64
    is_target: Bool


def read_systems(
    trials_path: Path, scores: Sequence[Path], names: Sequence[str]
) -> dict[str, list[System]]:
    """Return a panel, by the list's name, of the systems with these score files and names."""
    trials = read_trials(trials_path)
    systems = [
        System(name, read_scores(path, trials), trials.is_target)
        for name, path in zip(names, scores, strict=True)
    ]
    return {trials_path.name: systems}


def plot_det(
    panels: Mapping[str, Sequence[System]], p_targets: Sequence[float], path: Path
) -> None:
    """Draw one panel of DET curves per trial list; marks are EER and the minDCF points."""
    figure, axes = _new_figure(len(panels))
    for axis, (title, systems) in zip(axes, panels.items(), strict=True):
        for number, system in enumerate(systems):
            _draw_det(axis, system, p_targets, f"C{number}")
        _finish_det(axis, title, p_targets)
    _save(figure, path)


def _draw_det(axis: "Axes", system: System, p_targets: Sequence[float], color: str) -> None:
    from scipy.special import ndtri

    curve = det_curve(system.scores, system.is_target)
    low = 0.5 / max(curve.num_target, curve.num_nontarget)
    points = thinned(curve, MAX_POINTS)
    x, y = (ndtri(np.clip(r, low, 1 - low)) for r in (curve.p_fa[points], curve.p_miss[points]))
    rate = eer(curve)
    axis.plot(x, y, color=color, linewidth=1.2, label=f"{system.name}, EER {100 * rate:.2f} %")
    axis.plot(*[ndtri(np.clip(rate, low, 1 - low))] * 2, MARKERS[0], color=color, markersize=5)
    for p_target, marker in zip(p_targets, MARKERS[1:], strict=False):
        index = min_dcf_index(curve, OperatingPoint(p_target))
        where = (curve.p_fa[index], curve.p_miss[index])
        x0, y0 = (ndtri(np.clip(r, low, 1 - low)) for r in where)
        axis.plot(x0, y0, marker, color=color, markersize=5, fillstyle="none")


def thinned(curve: DetCurve, most: int) -> Indices:
    """Choose up to ``most`` points at equal steps of both rates' sum in rank, the ends included."""
    count = len(curve.p_fa)
    if count <= most:
        return np.arange(count)
    from scipy.special import ndtri

    low = 0.5 / max(curve.num_target, curve.num_nontarget)
    x, y = (ndtri(np.clip(rate, low, 1 - low)) for rate in (curve.p_fa, curve.p_miss))
    length = np.concatenate([[0], np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y)))])
    return np.unique(np.searchsorted(length, np.linspace(0, length[-1], most)))


def _finish_det(axis: "Axes", title: str, p_targets: Sequence[float]) -> None:
    from scipy.special import ndtri

    places, labels = ndtri(TICKS), [f"{100 * tick:g}" for tick in TICKS]
    axis.set_xticks(places, labels)
    axis.set_yticks(places, labels)
    axis.set(xlim=(places[0], places[-1]), ylim=(places[0], places[-1]), title=title)
    axis.set(xlabel="false alarms (%)", ylabel="misses (%)", aspect="equal")
    axis.grid(linewidth=0.4)
    marks = ", ".join(f"{m} minDCF({p:g})" for p, m in zip(p_targets, "□△◇▽", strict=False))
    axis.legend(fontsize=8, title=f"● EER, {marks}", title_fontsize=8)


def plot_histograms(panels: Mapping[str, Sequence[System]], path: Path) -> None:
    """Draw the densities of target and non-target scores, one panel per list and system."""
    flat = [(title, system) for title, systems in panels.items() for system in systems]
    figure, axes = _new_figure(len(flat))
    for axis, (title, system) in zip(axes, flat, strict=True):
        bins = np.histogram_bin_edges(system.scores, 100)
        for kind, chosen in (("target", True), ("non-target", False)):
            some = system.scores[system.is_target == chosen]
            axis.hist(some, bins.tolist(), density=True, alpha=0.5, label=f"{kind} ({len(some):,})")
        axis.set(title=f"{title}: {system.name}", xlabel="score", ylabel="density")
        axis.legend(fontsize=8)
    _save(figure, path)


def plot_bayes_error(panels: Mapping[str, Sequence[System]], path: Path) -> None:
    """Draw normalised actDCF (line) and minDCF (dashes) over the prior log odds of a target.

    The gap between both is what calibration loses. Scores are taken as log-likelihood ratios.
    """
    figure, axes = _new_figure(len(panels))
    odds = np.linspace(*LOG_ODDS, 49)
    points = [OperatingPoint(float(1 / (1 + np.exp(-o)))) for o in odds]
    for axis, (title, systems) in zip(axes, panels.items(), strict=True):
        for number, system in enumerate(systems):
            curve = det_curve(system.scores, system.is_target)
            actual = [act_dcf(system.scores, system.is_target, point) for point in points]
            lowest = [min_dcf(curve, point) for point in points]
            axis.plot(odds, actual, color=f"C{number}", label=system.name)
            axis.plot(odds, lowest, "--", color=f"C{number}")
        axis.set(title=title, xlabel="logit of the target prior", ylim=(0, 1.2))
        axis.set(ylabel="normalised DCF: actual (line), minimum (dashes)")
        axis.legend(fontsize=8)
        axis.grid(linewidth=0.4)
    _save(figure, path)


def plot_calibration(panels: Mapping[str, Sequence[System]], path: Path) -> None:
    """Draw the best monotone map of scores to LLRs (PAV) against the scores as they are."""
    figure, axes = _new_figure(len(panels))
    for axis, (title, systems) in zip(axes, panels.items(), strict=True):
        for number, system in enumerate(systems):
            llrs, _ = pav_llrs(SortedScores.of(system.scores, system.is_target))
            axis.plot(np.sort(system.scores), llrs, color=f"C{number}", label=system.name)
        axis.axline((0, 0), slope=1, color="black", linewidth=0.5)
        axis.set(title=title, xlabel="score", ylabel="LLR of the best monotone map")
        axis.legend(fontsize=8)
    _save(figure, path)


def _new_figure(panels: int) -> tuple["Figure", list["Axes"]]:
    # Of its caches in a home that cannot be written, and of fonts that are not used.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    columns = min(panels, 3)
    rows = -(-panels // columns)
    figure = Figure(figsize=(5.5 * columns, 5.5 * rows), layout="constrained")
    FigureCanvasAgg(figure)
    axes: Any = figure.subplots(rows, columns, squeeze=False)
    flat = list(axes.flat)
    for unused in flat[panels:]:
        unused.set_visible(False)
    return figure, flat[:panels]


def _save(figure: "Figure", path: Path) -> None:
    kind = path.suffix[1:] or "png"
    # The same scores give the same bytes: no date, no version.
    changing = {"png": "Software", "svg": "Date", "pdf": "CreationDate"}
    if kind not in changing:
        raise UserError(f"{path}: expected a name that ends in .png, .svg or .pdf")
    with path_for_replace(path) as temporary:
        figure.savefig(temporary, format=kind, dpi=110, metadata={changing[kind]: None})
