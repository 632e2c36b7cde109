"""The map of embeddings."""

from collections.abc import Iterator

import numpy as np

from speakernet.arrays import Float64
from speakernet.report.embedding_map import EmbeddingMap
from speakernet.report.page.markup import Html, element, note

_SIDE, _MARGIN = 480, 18
_MAX_LABELS = 40
_HALF_LETTER = 3.6


def map_section(found: EmbeddingMap | str) -> Iterator[Html]:
    """Yield the map of one experiment, or why there is none."""
    if isinstance(found, str):
        yield note(f"{found}.")
        return
    shown = f"{len(found.utterances):,} utterances of {len(found.speakers):,} speakers"
    yield note(
        f"Each dot is one of {shown}, in its speaker's colour; near dots are embeddings with a "
        "small angle (t-SNE). Distances between far groups, and their sizes, say nothing. "
        "A pointer on a dot shows its name."
    )
    if len(found.utterances) < found.num_utterances:
        total = f"{found.num_utterances:,} utterances of {found.num_speakers:,} speakers"
        yield note(f"Chosen from {total}, evenly over the names.")
    yield element("div", element("figure", _picture(found), class_="wide"), class_="charts")


def _picture(found: EmbeddingMap) -> Html:
    places = _MARGIN + found.places * (_SIDE - 2 * _MARGIN)
    dots = []
    for number, name in enumerate(found.speakers):
        own = np.flatnonzero(found.speaker_of == number)
        circles = [_dot(places[i], found.utterances[i]) for i in own.tolist()]
        middle = np.median(places[own], axis=0)
        dots.append(element("g", circles, style=f"fill:{_hue(number, len(found.speakers))}"))
        if len(found.speakers) <= _MAX_LABELS:
            dots.append(_label(name, *middle))
    ordered = sorted(dots, key=lambda part: part.startswith("<text"))
    box = f"0 0 {_SIDE} {_SIDE}"
    return element("svg", ordered, viewbox=box, role="img", aria_label="Map of embeddings")


def _dot(place: Float64, name: str) -> Html:
    x, y = place.tolist()
    return element(
        "g", element("title", name), element("circle", cx=f"{x:.1f}", cy=f"{y:.1f}", r=2.8)
    )


def _label(name: str, x: float, y: float) -> Html:
    half = min(_SIDE / 2, _HALF_LETTER * len(name))  # so that no name is cut off at the sides
    place = {"x": f"{min(max(x, half), _SIDE - half):.0f}", "y": f"{y:.0f}"}
    return element("text", name, **place, text_anchor="middle", class_="name")


def _hue(number: int, total: int) -> str:
    """Return one of ``total`` colours that are far apart, neighbours in number most of all."""
    step = number * 0.381966 % 1 if total > 12 else number / total
    return f"hsl({360 * step:.0f} 62% {(46, 60, 38)[number % 3]}%)"
