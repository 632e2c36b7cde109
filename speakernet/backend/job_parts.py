"""The products of parallel extraction jobs: made once, recognised, joined when all are there.

Job J of N embeds the J-th of N consecutive shares of the utterances and writes, in the folder of
the product, ``parts/J.ark``, ``parts/J.scp``, ``parts/J.short`` (utterances below the least length
and their lengths) and last ``parts/J.json``, which says what the part was made from. A part whose
record fits is not made again.
"""

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from speakernet.config import UserError
from speakernet.kaldi.tables import iter_table, read_table, write_table
from speakernet.work.files import open_for_replace

logger = logging.getLogger(__name__)

Record = Mapping[str, Any]

_COPY_BYTES = 1 << 24


def digest_of_file(path: Path) -> str:
    """Return the SHA-256 of a file's content, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def part_path(folder: Path, job: int, suffix: str) -> Path:
    """Return the path of a job's ``ark``, ``scp`` or ``json``."""
    return folder / "parts" / f"{job}.{suffix}"


def is_made(folder: Path, job: int, record: Record) -> bool:
    """Return whether the job's part is complete and was made from ``record``."""
    ark = part_path(folder, job, "ark")
    try:
        written = json.loads(part_path(folder, job, "json").read_text(encoding="utf-8"))
        return bool(written == {**record, "bytes": ark.stat().st_size})
    except (FileNotFoundError, ValueError):
        return False


def mark_made(folder: Path, job: int, record: Record) -> None:
    """Write the record of a part whose archive is complete."""
    content = {**record, "bytes": part_path(folder, job, "ark").stat().st_size}
    with open_for_replace(part_path(folder, job, "json"), fsync=True) as file:
        file.write(json.dumps(content, indent=1).encode())


def join_parts(folder: Path, num_jobs: int, expected: Sequence[str]) -> int:
    """Join the parts to ``embedding.ark`` and ``embedding.scp``, and remove them.

    Returns the number of embeddings. Raises UserError unless their ids are ``expected``, one each
    and in that order, and all parts were made from the same things.
    """
    ark, scp = folder / "embedding.ark", folder / "embedding.scp"
    _check_records(folder, num_jobs)
    lines: list[tuple[str, str]] = []
    with open_for_replace(ark, fsync=True) as target:
        for job in range(1, num_jobs + 1):
            base = target.tell()
            for name, spec in iter_table(part_path(folder, job, "scp")):
                offset = int(spec.rpartition(":")[2])
                lines.append((name, f"{ark}:{base + offset}"))
            with open(part_path(folder, job, "ark"), "rb") as source:
                shutil.copyfileobj(source, target, _COPY_BYTES)
        _check_ids([name for name, _ in lines], expected)
    _report_short(folder, num_jobs)
    write_table(scp, lines)
    shutil.rmtree(folder / "parts")
    return len(lines)


def _report_short(folder: Path, num_jobs: int) -> None:
    """Join the lists of short utterances; there is no list if there are none."""
    tables = [read_table(part_path(folder, job, "short")) for job in range(1, num_jobs + 1)]
    short = [item for table in tables for item in table.items()]
    (folder / "short_utterances").unlink(missing_ok=True)
    if short:
        write_table(folder / "short_utterances", short)
        logger.warning(
            "%d utterances are too short and were repeated, the first %s (%s steps); all are in %s",
            len(short), *short[0], folder / "short_utterances",
        )  # fmt: skip


def _check_records(folder: Path, num_jobs: int) -> None:
    records = []
    for job in range(1, num_jobs + 1):
        path = part_path(folder, job, "json")
        if not path.is_file():
            raise UserError(f"{path}: missing: job {job} of {num_jobs} is not finished")
        record = json.loads(path.read_text(encoding="utf-8"))
        records.append({k: v for k, v in record.items() if k not in ("bytes", "utterances")})
    if any(record != records[0] for record in records):
        raise UserError(f"{folder}/parts: jobs used different networks or settings; remove it")


def _check_ids(found: Sequence[str], expected: Sequence[str]) -> None:
    if list(found) == list(expected):
        return
    missing = sorted(set(expected) - set(found))
    extra = sorted(set(found) - set(expected))
    first = f"; missing: {missing[0]}" if missing else f"; unexpected: {extra[0]}" if extra else ""
    raise UserError(f"{len(found)} embeddings of {len(expected)} utterances{first}")


def start_part(folder: Path, job: int) -> None:
    """Make the folder of the parts and take away the record of an older part."""
    os.makedirs(folder / "parts", exist_ok=True)
    part_path(folder, job, "json").unlink(missing_ok=True)
