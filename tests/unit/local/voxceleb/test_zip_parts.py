"""Parts of an archive that are read as one file."""

import json
from pathlib import Path

from zip_parts import JoinedFiles


def test_joined_files_read_as_one(tmp_path: Path) -> None:
    content = json.dumps(list(range(100))).encode()
    for part in range(4):
        (tmp_path / f"{part}").write_bytes(content[part * 97 : (part + 1) * 97])
    parts = [tmp_path / f"{part}" for part in range(4)]
    with JoinedFiles(parts) as joined:
        assert joined.readall() == content[: 4 * 97]
        joined.seek(-10, 2)
        assert joined.tell() == min(len(content), 4 * 97) - 10
        joined.seek(95)
        assert joined.read(1) == content[95:96]
