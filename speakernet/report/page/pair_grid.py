"""The false alarms of every pair of speakers as a grid: who is taken for whom."""

from collections.abc import Iterable, Sequence

from speakernet.report.page.markup import Html, element, note

MAX_GRID = 40
_SIDE, _FONT = 460, 11.0
_CHARACTER = 0.6  # of the size of its font: about how wide one is


def pair_grid(names: Sequence[str], pairs: Iterable[tuple[str, str, int, int]]) -> Html:
    """Return a square for each pair of ``names``, darker the larger its rate of false alarms.

    ``pairs``: names, non-target trials and false alarms.
    """
    places = {name: number for number, name in enumerate(names)}
    shown = [_short(name) for name in names]
    left = max(map(len, shown)) * _CHARACTER * _FONT + 8
    size = (_SIDE - left) / len(names)
    cells = []
    for one, two, trials, alarms in pairs:
        rate = alarms / trials
        title = element("title", f"{one} and {two}: {100 * rate:.1f} % of {trials:,}")
        for row, column in ((places[one], places[two]), (places[two], places[one])):
            place = {"x": f"{left + column * size:.1f}", "y": f"{row * size:.1f}"}
            shade = f"fill:var(--c1);fill-opacity:{0.08 + 0.92 * min(1.0, 2 * rate):.2f}"
            extent = {"width": f"{size - 0.8:.1f}", "height": f"{size - 0.8:.1f}"}
            cells.append(_square(title, style=shade, **place, **extent))
    labels = [
        element("text", name, x=f"{left - 5:.1f}", y=f"{(row + 0.5) * size + 3:.1f}",
                text_anchor="end", class_="tick", style=f"font-size:{min(_FONT, size):.1f}px")
        for row, name in enumerate(shown)
    ]  # fmt: skip
    frame = _square("", x=left, y=0, width=_SIDE - left, height=_SIDE - left, class_="axis")
    box = f"0 0 {_SIDE} {_SIDE - left:.0f}"
    heading = "False alarms of each pair (columns in the order of the rows)"
    svg = element("svg", frame, cells, labels, viewbox=box, role="img", aria_label=heading)
    scale = note("The fuller the colour, the more of the pair's trials; full from a half.")
    figure = element("figure", element("div", heading, class_="title"), svg, scale, class_="wide")
    return element("div", figure, class_="charts")


def _square(title: Html | str, **attributes: str | float) -> Html:
    return element("g", title, element("rect", **attributes))


def _short(name: str) -> str:
    return name if len(name) <= 16 else f"{name[:7]}…{name[-8:]}"
