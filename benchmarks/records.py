"""Results as one JSON file that several programs add to."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

Record = Mapping[str, object]


def append_records(path: Path | None, records: Sequence[Record]) -> None:
    """Add ``records`` to the list in ``path``; the file is whole at any time."""
    if path is None:
        return
    old = json.loads(path.read_text()) if path.exists() else []
    temporary = path.with_name(f"{path.name}.tmp")
    temporary.write_text(json.dumps([*old, *records], indent=1) + "\n")
    os.replace(temporary, path)
