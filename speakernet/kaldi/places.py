"""Where an array lies: the value of a line of ``feats.scp``, ``vad.scp`` or ``embedding.scp``.

One grammar for all readers, Kaldi's::

    FILE:OFFSET                 the array at this byte of an archive
    FILE                        a file that holds one array
    COMMAND |                   a command of the shell that writes one array
    …[FIRST:LAST]               rows FIRST to LAST of it, counted from 0, both included
    …[FIRST:LAST,FIRST:LAST]    rows and columns; ``:`` takes all

Kaldi forgives a range of rows that ends up to three rows after the last one, as durations are
rounded; such a range ends with the last row. Everything else that does not fit is an error.
Source: Kaldi's ``util/kaldi-holder.cc``.
"""

import re
from typing import NamedTuple

from speakernet.config import UserError

MAX_OVERSHOOT = 3
"""How many rows after the last one a range of rows may end."""

_PLACE = re.compile(r"(?P<source>.*?)(?:\[(?P<range>[^\[\]]*)\])?", re.DOTALL)
_FILE = re.compile(r"(?P<path>.+?)(?::(?P<offset>[0-9]+))?", re.DOTALL)
_BOUNDS = re.compile(r"([0-9]+):([0-9]+)")
_MAX_INT32 = (1 << 31) - 1
_MAX_INT64 = (1 << 63) - 1
_EXPECTED = "expected FILE:OFFSET, FILE or 'COMMAND |', then [FIRST:LAST] for some of its rows"


class Range(NamedTuple):
    """Rows or columns ``first`` to ``last``, both included; ``WHOLE`` for all of them."""

    first: int
    last: int


WHOLE = Range(0, -1)


class Place(NamedTuple):
    """A file (with the byte where the array starts) or a command, and what to take of the array."""

    source: str
    offset: int
    is_command: bool
    rows: Range = WHOLE
    columns: Range = WHOLE


def parse_place(text: str) -> Place:
    """Return what a line's value stands for. Raises UserError for what the grammar lacks."""
    match = _PLACE.fullmatch(text.strip())
    assert match is not None
    source = match["source"].rstrip()
    rows, columns = (
        (WHOLE, WHOLE) if match["range"] is None else _parse_ranges(match["range"], text)
    )
    if source.endswith("|"):
        command = source[:-1].strip()
        if not command:
            raise UserError(f"'{text}': the command is empty; {_EXPECTED}")
        return Place(command, 0, True, rows, columns)
    if source.startswith(("|", "ark:", "scp:", "ark,", "scp,")) or source in ("", "-"):
        raise UserError(f"'{text}': is no place of an array; {_EXPECTED}")
    file = _FILE.fullmatch(source)
    assert file is not None
    offset = _number(file["offset"] or "0")
    if offset > _MAX_INT64:
        raise UserError(f"'{text}': no file has so many bytes; {_EXPECTED}")
    return Place(file["path"], offset, False, rows, columns)


def _parse_ranges(text: str, value: str) -> tuple[Range, Range]:
    parts = text.split(",")
    if not text or len(parts) > 2:
        raise UserError(f"'{value}': range [{text}]; expected [FIRST:LAST] or [ROWS,COLUMNS]")
    rows, columns = (_parse_range(part, text, value) for part in [*parts, ":"][:2])
    return rows, columns


def _parse_range(part: str, text: str, value: str) -> Range:
    if part in ("", ":"):
        return WHOLE
    bounds = _BOUNDS.fullmatch(part)
    if bounds is None:
        raise UserError(f"'{value}': range [{text}]; expected [FIRST:LAST] or [ROWS,COLUMNS]")
    first, last = map(_number, bounds.groups())
    if not first <= last <= _MAX_INT32:
        raise UserError(f"'{value}': range [{text}] ends before it begins, or beyond any array")
    return Range(first, last)


def _number(digits: str) -> int:
    return int(digits) if len(digits) < 20 else _MAX_INT64 + 1


def within(place: Place, shape: tuple[int, ...]) -> tuple[slice, ...]:
    """Return what ``place`` takes of an array of this shape. Raises UserError if it does not fit.

    Of a vector only a range of rows can be taken.
    """
    rows = _slice(place.rows, shape[0], MAX_OVERSHOOT)
    columns = slice(0, 0) if place.columns == WHOLE else None
    if len(shape) == 2:
        columns = _slice(place.columns, shape[1], 0)
    if rows is None or columns is None:
        raise UserError(f"range {_written(place)} does not fit an array of shape {shape}")
    return (rows, columns)[: len(shape)]


def _slice(bounds: Range, size: int, overshoot: int) -> slice | None:
    if bounds == WHOLE:
        return slice(0, size)
    if bounds.first >= size or bounds.last >= size + overshoot:
        return None
    return slice(bounds.first, min(bounds.last + 1, size))


def _written(place: Place) -> str:
    rows, columns = (":" if part == WHOLE else f"{part.first}:{part.last}" for part in place[-2:])
    return f"[{rows}]" if columns == ":" else f"[{rows},{columns}]"
