"""Charts as inline SVG, in the colours of the page (style.py), sized for a phone's width."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from speakernet.arrays import Float64
from speakernet.report.page.markup import Content, Html, element, join

WIDTH, HEIGHT = 360, 280
NUM_COLORS = 8
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 18, 8, 40


def color(number: int) -> str:
    """Return the colour of series ``number``; after NUM_COLORS they come again."""
    return f"var(--c{number % NUM_COLORS})"


@dataclass(frozen=True)
class Axis:
    """An axis from ``low`` to ``high`` with marks at ``ticks``, and their labels."""

    title: str
    low: float
    high: float
    ticks: Sequence[tuple[float, str]]

    @classmethod
    def over(
        cls, title: str, values: ArrayLike, *, from_zero: bool = False, tight: bool = False
    ) -> "Axis":
        """Return an axis that holds ``values`` with round marks, and ends at marks if not tight."""
        some = np.asarray(values, np.float64)
        some = some[np.isfinite(some)]
        low, high = (float(some.min()), float(some.max())) if some.size else (0.0, 1.0)
        low = min(0.0, low) if from_zero else low
        high = high if high > low else low + 1.0
        step = _round_step((high - low) / 4)
        first, last = math.floor(low / step), math.ceil(high / step)
        low, high = (low, high) if tight else (step * first, step * last)
        marks = [step * k for k in range(first, last + 1)]
        ticks = [(mark, f"{mark:.6g}") for mark in marks if low <= mark <= high]
        return cls(title, low, high, ticks)


def _round_step(step: float) -> float:
    """Return the next of 1, 2, 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(step))
    return next(power * k for k in (1, 2, 5, 10) if power * k >= step * (1 - 1e-9))


@dataclass
class Chart:
    """A chart that is drawn from below: what is added later lies on top."""

    x: Axis
    y: Axis
    height: int = HEIGHT
    parts: list[Html] = field(default_factory=list)
    keys: list[Html] = field(default_factory=list)

    def curve(self, xs: ArrayLike, ys: ArrayLike, paint: str, *, dashed: bool = False) -> None:
        """Add a line through points; those that fall on one spot are drawn once."""
        kind = "curve dashed" if dashed else "curve"
        style = f"stroke:{paint}"
        points = self._points(xs, ys)
        self.parts.append(element("polyline", points=points, class_=kind, style=style))

    def area(self, xs: ArrayLike, ys: ArrayLike, paint: str) -> None:
        """Add a filled line down to the bottom of the chart."""
        bottom = self._y(np.array([self.y.low]))[0]
        left, *_, right = self._x(np.asarray(xs, np.float64))
        points = f"{left:.1f},{bottom:.1f} {self._points(xs, ys)} {right:.1f},{bottom:.1f}"
        style = f"stroke:{paint};fill:{paint}"
        self.parts.append(element("polyline", points=points, class_="area", style=style))

    def marks(self, xs: ArrayLike, ys: ArrayLike, paint: str, *, filled: bool = True) -> None:
        """Add dots."""
        fill = paint if filled else "none"
        style = f"stroke:{paint};fill:{fill}"
        for x, y in zip(self._x(np.asarray(xs)), self._y(np.asarray(ys)), strict=True):
            dot = element("circle", cx=f"{x:.1f}", cy=f"{y:.1f}", r=3.2, class_="mark", style=style)
            self.parts.append(dot)

    def vertical(self, x: float, paint: str, *, dashed: bool = True) -> None:
        """Add a line from top to bottom, if it is inside of the chart."""
        if self.x.low <= x <= self.x.high:
            self.curve([x, x], [self.y.low, self.y.high], paint, dashed=dashed)

    def key(self, paint: str, *words: Content) -> None:
        """Add a line to the legend."""
        patch = element("span", class_="key", style=f"background:{paint}")
        self.keys.append(element("span", patch, *words))

    def figure(self, title: str, *below: Content) -> Html:
        """Return the chart below its title, with its legend and what else stands below."""
        svg = element(
            "svg",
            self._frame(),
            self.parts,
            viewbox=f"0 0 {WIDTH} {self.height}",
            role="img",
            aria_label=title,
        )
        legend = element("div", self.keys, class_="legend") if self.keys else ""
        return element("figure", element("div", title, class_="title"), svg, legend, *below)

    def _x(self, values: Float64) -> Float64:
        share = (values - self.x.low) / (self.x.high - self.x.low)
        return _LEFT + np.clip(share, 0, 1) * (WIDTH - _LEFT - _RIGHT)

    def _y(self, values: Float64) -> Float64:
        share = (values - self.y.low) / (self.y.high - self.y.low)
        return self.height - _BOTTOM - np.clip(share, 0, 1) * (self.height - _BOTTOM - _TOP)

    def _points(self, xs: ArrayLike, ys: ArrayLike) -> str:
        pixels = zip(
            self._x(np.asarray(xs, np.float64)).tolist(),
            self._y(np.asarray(ys, np.float64)).tolist(),
            strict=True,
        )
        return " ".join(dict.fromkeys(f"{x:.1f},{y:.1f}" for x, y in pixels))

    def _frame(self) -> Html:
        bottom, right = self.height - _BOTTOM, WIDTH - _RIGHT
        return join([*self._ticks_of_x(bottom), *self._ticks_of_y(right), *self._titles()])

    def _ticks_of_x(self, bottom: int) -> Iterable[Html]:
        for value, label in self.x.ticks:
            x = f"{float(self._x(np.array([value]))[0]):.1f}"
            yield element("line", x1=x, x2=x, y1=_TOP, y2=bottom, class_="grid")
            yield element("text", label, x=x, y=bottom + 14, text_anchor="middle", class_="tick")

    def _ticks_of_y(self, right: int) -> Iterable[Html]:
        for value, label in self.y.ticks:
            y = float(self._y(np.array([value]))[0])
            yield element("line", x1=_LEFT, x2=right, y1=f"{y:.1f}", y2=f"{y:.1f}", class_="grid")
            below = f"{y + 4:.1f}"
            yield element("text", label, x=_LEFT - 5, y=below, text_anchor="end", class_="tick")

    def _titles(self) -> Iterable[Html]:
        middle_x, middle_y = (_LEFT + WIDTH - _RIGHT) / 2, (_TOP + self.height - _BOTTOM) / 2
        yield element("text", self.x.title, x=middle_x, y=self.height - 8, text_anchor="middle")
        turned = f"rotate(-90 12 {middle_y:g})"
        yield element(
            "text", self.y.title, x=12, y=middle_y, transform=turned, text_anchor="middle"
        )
