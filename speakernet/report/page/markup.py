"""HTML from Python, every text escaped: names of speakers, files and experiments are from outside.

Only what these functions return is markup (``Html``); any other string is text, whatever it holds.
"""

import re
from collections.abc import Iterable, Sequence
from html import escape

# What no HTML file may hold (controls but for tab and newlines), and bytes of names that are not
# UTF-8.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
# Marks that would let a name change the direction of the text after it.
_DIRECTIONS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_VOID = frozenset({"br", "meta"})
_SHAPES = frozenset({"rect", "circle", "line", "polyline"})


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


Content = str | Iterable["Content"]
"""Text, markup, or several of these one after another."""


def text(value: str) -> Html:
    """Return ``value`` with nothing that a browser would take for markup or for a control."""
    return Html(escape(_DIRECTIONS.sub("", _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", value))))


def join(content: Content) -> Html:
    """Return ``content`` as markup: text in it is escaped."""
    if isinstance(content, Html):
        return content
    if isinstance(content, str):
        return text(content)
    return Html("".join(map(join, content)))


def element(name: str, /, *content: Content, **attributes: str | float | None) -> Html:
    """Return an element; ``class_`` is the attribute class, ``_`` in names of others is ``-``.

    An attribute that is None is left out, one that is empty stands without a value.
    """
    words = [_attribute(key, value) for key, value in attributes.items() if value is not None]
    start = " ".join([name, *words])
    if name in _VOID or (name in _SHAPES and not content):
        return Html(f"<{start}>" if name in _VOID else f"<{start}/>")
    return Html(f"<{start}>{join(content)}</{name}>")


def _attribute(key: str, value: str | float) -> str:
    name = "viewBox" if key == "viewbox" else key.rstrip("_").replace("_", "-")
    shown = f"{value:.6g}" if isinstance(value, float) else str(value)
    return f'{name}="{text(shown)}"' if shown else name


def table(header: Sequence[str], rows: Iterable[Sequence[Content]], *, names: int = 1) -> Html:
    """Return a table whose first ``names`` columns are words and whose others are figures.

    On a narrow screen a row becomes a block of lines (style.py), each with its column's title.
    """
    kinds = ["word" if column < names else "figure" for column in range(len(header))]
    head = [element("th", title, class_=kind) for title, kind in zip(header, kinds, strict=True)]
    body = [
        element(
            "tr",
            [
                element("td", cell, class_=kind, data_title=title)
                for cell, kind, title in zip(row, kinds, header, strict=True)
            ],
        )
        for row in rows
    ]
    parts = element("thead", element("tr", head)), element("tbody", body)
    return element("div", element("table", *parts), class_="table")


def note(*content: Content) -> Html:
    """Return a paragraph of what a reader should know of what is beside it."""
    return element("p", *content, class_="note")


def folded(title: str, *content: Content, is_open: bool = False) -> Html:
    """Return content below a title that opens and closes it."""
    summary = element("summary", title)
    return element("details", summary, *content, open="" if is_open else None)


def rate_cell(rate: float | None) -> Html:
    """Return a rate in percent above a bar of that length; nothing where there is none."""
    if rate is None:
        return Html("")
    width = f"width:{min(100.0, max(0.0, 100 * rate)):.1f}%"
    bar = element("span", element("span", style=width), class_="bar")
    return join([f"{100 * rate:.1f}", bar])


def percent(rate: float | None, digits: int = 2) -> str:
    """Return a rate in percent."""
    return "" if rate is None else f"{100 * rate:.{digits}f}"
