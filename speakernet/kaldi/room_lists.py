"""The lists of impulse responses and noises that Kaldi's reverberate_data_dir.py reads.

A line of ``rir_list``: ``--rir-id R --room-id ROOM [--probability P …] <file or command |>``.
"""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from speakernet.config.errors import UserError, suggestion
from speakernet.config.files import open_input
from speakernet.config.numbers import parse_number
from speakernet.kaldi.shell import listed_word
from speakernet.work.input_files import HEAD_BYTES, kind_of

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_RESPONSE_OPTIONS = (
    "rir-id", "room-id", "receiver-position-id", "source-position-id", "rt60", "drr", "cte",
    "probability",
)  # fmt: skip
_NOISE_OPTIONS = ("noise-id", "noise-type", "bg-fg-type", "room-linkage", "probability")


@dataclass(frozen=True, slots=True)
class Response:
    """An impulse response: a file or a command, and the room it belongs to."""

    location: str
    room: str
    probability: float = -1.0


@dataclass(frozen=True, slots=True)
class RoomNoise:
    """A noise; ``kind`` is ``point-source`` or ``isotropic``, the latter tied to a room."""

    location: str
    kind: str
    is_background: bool
    room: str
    probability: float = -1.0


Item = TypeVar("Item", Response, RoomNoise)


def read_responses(
    sets: Sequence[str], *, smoothing: float = 0.3, sample_rate: int | None = None
) -> list[Response]:
    """Read sets given as ``FILE`` or ``WEIGHT, FILE``; probabilities add up to 1 over all sets.

    A set without a weight shares what the others leave. With ``sample_rate`` files are wrapped
    into ``sox FILE -r RATE -t wav - |``, as Kaldi does.
    """
    found: list[Response] = []
    for path, weight in _weigh_sets(sets):
        items = [
            _response(options, _resampled(location, sample_rate), place)
            for options, location, place in _read_list(path, _RESPONSE_OPTIONS)
        ]
        found += _weigh(items, weight, smoothing)
    return found


def read_noises(
    sets: Sequence[str], *, smoothing: float = 0.3, sample_rate: int | None = None
) -> list[RoomNoise]:
    """Read sets of noises given as ``FILE`` or ``WEIGHT, FILE``; see ``read_responses``."""
    found: list[RoomNoise] = []
    for path, weight in _weigh_sets(sets):
        items = [
            _noise(options, _resampled(location, sample_rate), place)
            for options, location, place in _read_list(path, _NOISE_OPTIONS)
        ]
        kinds = ("point-source", "isotropic")
        for kind in kinds:
            found += _weigh([item for item in items if item.kind == kind], weight, smoothing)
    return found


def _response(options: dict[str, str], location: str, place: str) -> Response:
    for needed in ("rir-id", "room-id"):
        if needed not in options:
            raise UserError(f"{place}: --{needed} is missing")
    return Response(location, options["room-id"], _probability(options, place))


def _noise(options: dict[str, str], location: str, place: str) -> RoomNoise:
    kind, background = options.get("noise-type"), options.get("bg-fg-type", "background")
    if kind not in ("point-source", "isotropic"):
        raise UserError(f"{place}: --noise-type is '{kind}'; expected point-source or isotropic")
    if background not in ("background", "foreground"):
        raise UserError(
            f"{place}: --bg-fg-type is '{background}'; expected background or foreground"
        )
    room = options.get("room-linkage", "")
    if kind == "isotropic" and not room:
        raise UserError(f"{place}: an isotropic noise needs --room-linkage")
    return RoomNoise(location, kind, background == "background", room, _probability(options, place))


def _probability(options: dict[str, str], place: str) -> float:
    text = options.get("probability", "-1")
    value = _finite(text)
    if value is None:
        raise UserError(f"{place}: --probability '{text}' is not a number")
    return value


def _finite(text: str) -> float | None:
    try:
        return parse_number(text.strip())
    except ValueError:
        return None


def _read_list(path: Path, known: Sequence[str]) -> list[tuple[dict[str, str], str, str]]:
    """Return (options, location, ``file:line``) of every line."""
    lines = _lines(path)
    roots = [Path(), *path.absolute().parents]
    found = [
        _parse_line(line, known, f"{path}:{number}", roots)
        for number, line in enumerate(lines, start=1)
        if line.strip()
    ]
    if not found:
        raise UserError(f"{path}: found no lines; expected --…-id ID … FILE")
    return found


def _lines(path: Path) -> list[str]:
    with open_input(path) as file:
        content = file.read()
    try:
        lines = content.decode().split("\n")
    except UnicodeDecodeError:
        kind = kind_of(content[:HEAD_BYTES]) or "bytes that are not UTF-8"
        raise UserError(f"{path}: found {kind}; expected a list") from None
    for number, line in enumerate(lines, start=1):
        if _CONTROL.search(line):
            raise UserError(f"{path}:{number}: control character in {line[:80]!r}")
    return lines


def _parse_line(
    line: str, known: Sequence[str], place: str, roots: list[Path]
) -> tuple[dict[str, str], str, str]:
    options: dict[str, str] = {}
    rest = line.strip()
    while rest.startswith("--"):
        name, _, rest = rest[2:].partition(" ")
        name, equals, value = name.partition("=")
        if not equals:
            value, _, rest = rest.strip().partition(" ")
        if name not in known:
            raise UserError(f"{place}: unknown option --{name}{suggestion(name, known)}")
        options[name] = value
        rest = rest.strip()
    if not rest:
        raise UserError(f"{place}: found no file after the options")
    return options, _find(rest, roots), place


def _find(location: str, roots: list[Path]) -> str:
    """Return ``location``, seen from the folder that it is relative to.

    RIRS_NOISES' lists are written for the folder that holds RIRS_NOISES; that folder is tried
    first from here, then from each folder above the list.
    """
    if location.endswith("|") or location.startswith("/"):
        return location
    for root in roots:
        if os.path.exists(root / location):
            # Most lines of a list share their root: try it first for the next line.
            if root is not roots[0]:
                roots.remove(root)
                roots.insert(0, root)
            return str(root / location)
    return location


def _resampled(location: str, sample_rate: int | None) -> str:
    if sample_rate is None or location.endswith("|"):
        return location
    return f"sox {listed_word(location)} -r {sample_rate} -t wav - |"


def _weigh_sets(sets: Sequence[str]) -> list[tuple[Path, float]]:
    paths, weights = [], []
    for text in sets:
        weight, comma, name = text.partition(",")
        value = _finite(weight) if comma else None
        name = text if value is None else name.strip()
        if not name.strip() or (value is None and comma and not os.path.exists(text)):
            raise UserError(f"{text!r}: expected FILE or 'WEIGHT, FILE'")
        weights.append(-1.0 if value is None else value)
        paths.append(Path(name))
    return list(zip(paths, _spread(weights, smoothing=0.0), strict=True))


def _weigh(items: list[Item], total: float, smoothing: float) -> list[Item]:
    shares = _spread([item.probability for item in items], smoothing)
    return [replace(i, probability=total * p) for i, p in zip(items, shares, strict=True)]


def _spread(given: Sequence[float], smoothing: float) -> list[float]:
    """Fill in unknown (negative) probabilities evenly, smooth the known ones, and normalise."""
    if not given:
        return []
    unknown = sum(value < 0 for value in given)
    left = max(1 - sum(value for value in given if value >= 0), 0.0)
    even = left / unknown if unknown else 0.0
    values = [even if value < 0 else (1 - smoothing) * value + smoothing * even for value in given]
    total = sum(values)
    if total <= 0:
        raise UserError("the probabilities of a list add up to zero")
    return [value / total for value in values]
