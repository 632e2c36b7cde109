"""A CSV of recordings: columns ``path`` and ``speaker``, and if one likes ``session``, ``split``,
``start`` and ``end``.
"""

from __future__ import annotations

import csv
import logging
from collections.abc import Iterator
from pathlib import Path

from folder_files import LeftOut, Source

from speakernet.config import UserError
from speakernet.config.files import read_bytes
from speakernet.config.numbers import parse_number
from speakernet.prepare.audio_files import no_audio

logger = logging.getLogger(__name__)

_NEEDED = ("path", "speaker")
_KNOWN = (*_NEEDED, "session", "split", "start", "end")
_SPLITS = ("train", "test")
Rows = Iterator[tuple[str, dict[str, str]]]


def find_table(root: Path) -> Path | None:
    """Return the CSV directly in a folder, None without one. Raises UserError for several."""
    tables = sorted(p for p in root.glob("*.csv") if p.is_file() and not p.name.startswith("."))
    if len(tables) > 1:
        names = ", ".join(path.name for path in tables)
        raise UserError(f"{root}: found {names}; expected one CSV, or folders of speakers alone")
    return tables[0] if tables else None


def read_recordings(table: Path) -> tuple[list[Source], list[LeftOut]]:
    """Return the recordings that a CSV lists, and the files that cannot be used by their names.

    Raises UserError (``file:line: …``) for a row that says too little or makes no sense.
    """
    found: list[Source] = []
    left_out = []
    for place, row in _rows(table):
        source = _source(place, row, table.parent)
        if reason := no_audio(source.path) or ("" if source.path.is_file() else "no such file"):
            left_out.append(LeftOut(source.path, reason))
        else:
            found.append(source)
    if len({bool(source.split) for source in found}) > 1:
        raise UserError(f"{table}: some rows have no split; expected one in all, or in none")
    return found, left_out


def _rows(table: Path) -> Rows:
    """Yield ``(file:line, fields by column)`` of the rows that are not empty."""
    try:
        lines = read_bytes(table).decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise UserError(f"{table}: not UTF-8; save it as 'CSV UTF-8'") from None
    columns, delimiter = _header(table, lines[0] if lines else "")
    reader = csv.reader(lines[1:], delimiter=delimiter)
    for fields in reader:
        place = f"{table}:{reader.line_num + 1}"
        if len(fields) > len(columns) or 0 < len(fields) <= columns.index("speaker"):
            raise UserError(f"{place}: found {len(fields)} fields; expected {len(columns)}")
        if any(fields):
            yield place, {name: text.strip() for name, text in zip(columns, fields, strict=False)}


def _header(table: Path, line: str) -> tuple[list[str], str]:
    for delimiter in ",;\t":
        columns = [name.strip().lower() for name in next(csv.reader([line], delimiter=delimiter))]
        if set(_NEEDED) <= set(columns):
            others = [name for name in columns if name not in _KNOWN]
            if others:
                logger.warning("%s: columns that are not used: %s", table, ", ".join(others))
            return columns, delimiter
    raise UserError(
        f"{table}:1: found '{line[:80]}'; expected columns path and speaker (also session, split, "
        "start, end), separated by commas, semicolons or tabs"
    )


def _source(place: str, row: dict[str, str], folder: Path) -> Source:
    for name in _NEEDED:
        if not row[name]:
            raise UserError(f"{place}: {name} is empty")
    split = row.get("split", "")
    if split and split not in _SPLITS:
        raise UserError(f"{place}: split is '{split}'; expected train or test")
    start, end = (_seconds(place, name, row.get(name, "")) for name in ("start", "end"))
    if end is not None and end <= (start or 0):
        raise UserError(f"{place}: end is {end:g}; expected more than start, {start or 0:g}")
    path = folder / row["path"]
    name = str(Path(row["path"]).with_suffix("") if Path(row["path"]).name else row["path"])
    return Source(row["speaker"], name, path, row.get("session", ""), split, start, end)


def _seconds(place: str, name: str, text: str) -> float | None:
    if not text:
        return None
    try:
        seconds = parse_number(text)
    except ValueError:
        seconds = -1.0
    if seconds < 0:
        raise UserError(f"{place}: {name} is '{text}'; expected seconds, 0 or more")
    return seconds
