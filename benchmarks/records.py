"""Results as one JSON file that several programs add to."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from speakernet.work.files import open_for_replace

Record = Mapping[str, object]


def append_records(path: Path | None, records: Sequence[Record]) -> None:
    """Add ``records`` to the list in ``path``; the file is whole at any time."""
    if path is None:
        return
    with open_for_replace(path) as file:
        file.write((json.dumps([*_read(path), *records], indent=1) + "\n").encode())


def find_record(path: Path | None, subject: Record) -> Record | None:
    """Return the last record in ``path`` that says of itself what ``subject`` does, or None."""
    fits = (r for r in reversed(_read(path)) if all(r.get(k) == v for k, v in subject.items()))
    return next(fits, None)


def _read(path: Path | None) -> list[dict[str, Any]]:
    return json.loads(path.read_text()) if path is not None and path.exists() else []
