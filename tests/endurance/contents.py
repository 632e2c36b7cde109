"""What a run has made, as a digest of each file, so that two runs can be compared.

    python -m tests.endurance.contents RUN OTHER

prints the files below data/ and exp/ of two runs that differ.
"""

import hashlib
import json
import re
import sys
from pathlib import Path
from typing import Any

import torch

# Logs, and files that hold times: locks and records, TensorBoard's events, backups of fix_data_dir.
_NOT_COMPARED = re.compile(
    r"(^|/)(\.[^/]*|log|tensorboard|settings)(/|$)|\.log$|(^|/)(archives\.json|accounting\.tsv)$"
)
# Facts about a run in JSON files that differ between equal runs.
_TIMES = {
    "mtime_ns",
    "mtime",
    "time",
    "utterances_per_second",
    "readers",
    "made_from",
    "commit",
    "inputs",
}


def contents(*folders: Path) -> dict[str, str]:
    """Return the digest of each file below the folders, by its path from there.

    Checkpoints and JSON files count by their values without times; the folders' own paths, which
    tables contain, are replaced by their names.
    """
    return {
        f"{folder.name}/{path.relative_to(folder)}": _digest(path, folders)
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not _NOT_COMPARED.search(str(path.relative_to(folder)))
    }


def leftovers(*folders: Path) -> list[Path]:
    """Return the temporary files below the folders."""
    return [path for folder in folders for path in folder.rglob("*.tmp")]


def _digest(path: Path, folders: tuple[Path, ...]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    if path.suffix == ".pt":
        _add(digest, torch.load(path, map_location="cpu", weights_only=True), folders)
    elif path.suffix in (".json", ".jsonl"):
        text = path.read_text()
        for line in text.splitlines() if path.suffix == ".jsonl" else [text]:
            _add(digest, json.loads(line), folders)
    else:
        digest.update(_without(path.read_bytes(), folders))
    return digest.hexdigest()


def _add(digest: Any, value: Any, folders: tuple[Path, ...]) -> None:
    if isinstance(value, dict):
        for key in sorted(value, key=str):
            if key not in _TIMES:
                digest.update(f"{key}:".encode())
                _add(digest, value[key], folders)
    elif isinstance(value, list | tuple):
        for item in value:
            _add(digest, item, folders)
    elif isinstance(value, torch.Tensor):
        digest.update(
            value.contiguous().view(torch.uint8).numpy().tobytes()
            if value.dim()
            else str(value.item()).encode()
        )
    else:
        digest.update(_without(repr(value).encode(), folders))


def _without(content: bytes, folders: tuple[Path, ...]) -> bytes:
    for folder in folders:
        content = content.replace(str(folder).encode(), folder.name.encode())
    return content


def differences(run: Path, other: Path) -> list[str]:
    """Return the files below ``data`` and ``exp`` of two runs that are not the same in both."""
    one, two = (contents(folder / "data", folder / "exp") for folder in (run, other))
    return sorted(name for name in one.keys() | two.keys() if one.get(name) != two.get(name))


if __name__ == "__main__":
    different = differences(Path(sys.argv[1]), Path(sys.argv[2]))
    print("\n".join(different) or "no file differs")
    sys.exit(bool(different))
