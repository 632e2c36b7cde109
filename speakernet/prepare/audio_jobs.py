"""One job of packing audio: from a part of ``wav.scp`` to archives and their index.

A job writes ``PREFIX.1.ark``, … and ``PREFIX.scp`` (``speakernet.kaldi.audio_archives``) and, last,
the record ``PREFIX.json``, which also lists the recordings that failed. A job that finds a valid
record does nothing.
"""

import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import count, islice
from pathlib import Path

from speakernet.audio.reader import AudioReader
from speakernet.config.errors import UserError
from speakernet.kaldi.audio_archives import MAX_ARCHIVE_BYTES, AudioArchives
from speakernet.kaldi.tables import iter_lines, iter_table
from speakernet.prepare.job_reports import JobReport, finished_report
from speakernet.prepare.stored_audio import WAV, Stored, store
from speakernet.work.files import suffixed
from speakernet.work.job_parts import job_part
from speakernet.work.progress import progress
from speakernet.work.record import digest_of_text, write_record

logger = logging.getLogger(__name__)

# Part of each job's record: increase it when a change of the code changes what archives hold.
_VERSION = 1

Rows = Sequence[tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class PackSettings:
    """``form``: one of ``FORMATS``; ``max_bytes``: of an archive."""

    form: str
    max_bytes: int = MAX_ARCHIVE_BYTES


def run_job(
    scp: Path, prefix: Path, settings: PackSettings, job: int = 1, num_jobs: int = 1
) -> JobReport:
    """Store the recordings of part ``job`` (from 1) of ``scp``, unless a valid record shows that
    it is done.

    Raises UserError for a malformed table, or if writing fails.
    """
    part = job_part(range(sum(1 for _ in iter_lines(scp))), job, num_jobs)
    rows = list(islice(iter_table(scp), part.start, part.stop))
    record_path = suffixed(prefix, "json")
    entries = digest_of_text(text for row in rows for text in row)
    made_from = {"version": _VERSION, "settings": asdict(settings), "entries": entries}
    if (done := finished_report(record_path, made_from)) is not None:
        return done
    report = JobReport()
    framed = settings.form != WAV
    with AudioArchives(prefix, framed=framed, max_bytes=settings.max_bytes) as archives:
        _write(scp, part.start + 1, rows, settings.form, archives, report)
    _remove_archives(prefix, len(archives.files))
    write_record(record_path, made_from, archives.files, asdict(report))
    return report


def _write(
    scp: Path, first: int, rows: Rows, form: str, archives: AudioArchives, report: JobReport
) -> None:
    """Store ``rows``, which begin in line ``first`` of ``scp``, and fill in ``report``."""
    reader = AudioReader()
    numbered = progress(enumerate(rows, start=first), len(rows), "recordings")
    for number, (name, entry) in numbered:
        stored = _stored(entry, form, reader)
        if isinstance(stored, str):
            report.failed[name] = f"{scp}:{number}: {stored}"
            logger.warning("no audio for '%s': %s", name, report.failed[name])
            continue
        archives.write(name, stored.data)
        report.num_written += 1
        report.duration_s += stored.duration_s
        if stored.notes:
            report.notes[name] = stored.notes


def _stored(entry: str, form: str, reader: AudioReader) -> Stored | str:
    """Return what is stored of a recording, or why it cannot be."""
    try:
        return store(entry, form, reader)
    except UserError as error:
        return str(error)
    except Exception as error:  # of a library: one recording must not end the work on all others
        return f"cannot be read: {' '.join(f'{type(error).__name__} {error}'.split())}"


def _remove_archives(prefix: Path, first: int) -> None:
    """Remove archives from number ``first`` on, which a run with other settings has left."""
    for number in count(first):
        path = suffixed(prefix, f"{number}.ark")
        if not path.exists():
            return
        path.unlink()
