"""Joining the durations of parallel jobs to ``reco2dur``, and whether that has to be done again."""

import os
from collections.abc import Sequence
from pathlib import Path

from speakernet.config.errors import UserError
from speakernet.kaldi.tables import iter_table, same_ids
from speakernet.prepare.failures import check_failures
from speakernet.work.files import open_for_replace, suffixed
from speakernet.work.record import (
    digest_of_text,
    read_part_record,
    read_record,
    valid_record,
    write_record,
)
from speakernet.work.recordings import recording_files

_RECORD = ".reco2dur.json"


def collect_durations(folder: Path, prefixes: Sequence[Path], max_failed_share: float) -> int:
    """Write the jobs' durations to ``reco2dur``; return the number of recordings without one.

    If there are any, the file is called ``reco2dur.partial``, as a data dir with an incomplete
    ``reco2dur`` is invalid. Raises UserError if a job did not finish, if a recording is in no job's
    part, or if more than the fraction ``max_failed_share`` failed.
    """
    known, failed = _join(prefixes)
    names = [name for name, _ in iter_table(folder / "wav.scp")]
    missing = [name for name in names if name not in known and name not in failed]
    if missing:
        raise UserError(
            f"{folder}/wav.scp: '{missing[0]}' is in no job's part; was this file changed after "
            "the jobs had started?"
        )
    check_failures(
        folder, failed, len(names), max_failed_share, kind="recordings", lack="no duration of"
    )
    rows = ((name, known[name]) for name in names if name in known)
    complete, partial = folder / "reco2dur", folder / "reco2dur.partial"
    (folder / _RECORD).unlink(missing_ok=True)
    with open_for_replace(partial if failed else complete) as file:
        file.writelines(f"{name} {seconds}\n".encode() for name, seconds in rows)
    (complete if failed else partial).unlink(missing_ok=True)
    if not failed:
        write_record(folder / _RECORD, _files_of(folder / "wav.scp"), [file])
    return len(failed)


def has_durations(folder: Path) -> bool:
    """Return whether ``reco2dur`` lists the recordings of ``wav.scp`` as they are now.

    A table that this program has not written is taken as it is.
    """
    table, record = folder / "reco2dur", folder / _RECORD
    if not table.is_file() or not same_ids(table, folder / "wav.scp"):
        return False
    is_own = read_record(record) is not None
    return not is_own or valid_record(record, _files_of(folder / "wav.scp")) is not None


def _files_of(scp: Path) -> dict[str, str]:
    """Identify the files of recordings by sizes and times, wherever they are."""
    return {"files": digest_of_text(map(_stamp, recording_files(scp)))}


def _stamp(path: str) -> str:
    try:
        status = os.stat(path)
        return f"{status.st_size} {status.st_mtime_ns}"
    except (OSError, ValueError):  # a word of a command that is no file
        return ""


def _join(prefixes: Sequence[Path]) -> tuple[dict[str, str], dict[str, str]]:
    known: dict[str, str] = {}
    failed: dict[str, str] = {}
    for prefix in prefixes:
        path = suffixed(prefix, "json")
        record = read_part_record(path)
        if "failed" not in record.facts:
            raise UserError(f"{path}: does not say what failed; remove it and run the job again")
        failed |= record.facts["failed"]
        known.update(iter_table(suffixed(prefix, "durations")))
    return known, failed
