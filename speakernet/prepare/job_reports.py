"""What parallel jobs say of their part of a data dir, and the tables and archives of all of them.

A job writes its files, ``PREFIX.…``, and last the record ``PREFIX.json`` with its report.
"""

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from speakernet.audio.notes import TABLE, summary, write_notes
from speakernet.config.errors import UserError
from speakernet.prepare.failures import check_failures
from speakernet.work.files import Checksum, suffixed
from speakernet.work.record import Record, read_part_record, valid_record

logger = logging.getLogger(__name__)


@dataclass
class JobReport:
    """The result of a job: numbers of objects written and of empty ones among them, total duration
    in seconds, and by id the errors of ``failed`` ones and ``notes`` on others.
    """

    num_written: int = 0
    num_empty: int = 0
    duration_s: float = 0.0
    failed: dict[str, str] = field(default_factory=dict)
    notes: dict[str, list[str]] = field(default_factory=dict)


def report_of(record: Record, path: Path) -> JobReport:
    """Return the report in a job's record. Raises UserError, naming its ``path``, if it has none.

    Numbers have to be numbers: they are added up over the jobs.
    """
    try:
        report = JobReport(**record.facts)
        report.num_written, report.num_empty = int(report.num_written), int(report.num_empty)
        report.duration_s = float(report.duration_s)
    except (TypeError, ValueError, OverflowError):
        raise UserError(f"{path}: has no report; remove it and run the job again") from None
    return report


def finished_report(record_path: Path, made_from: Mapping[str, Any]) -> JobReport | None:
    """Return the report of a job that is done already, from the same; None if it has to be done.

    A record with failures does not count, and goes: their audio may be readable now.
    """
    done = valid_record(record_path, made_from)
    if done is not None and done.facts.get("failed") == {}:
        logger.info("%s: complete already, nothing to do", record_path.with_suffix(""))
        return report_of(done, record_path)
    record_path.unlink(missing_ok=True)
    return None


@dataclass(frozen=True)
class JobResults:
    """The records of all jobs of a data dir, by the paths of what they wrote without suffixes."""

    prefixes: Sequence[Path]
    records: Sequence[Record]
    reports: Sequence[JobReport]

    @classmethod
    def read(cls, prefixes: Sequence[Path]) -> "JobResults":
        """Raises UserError if a job did not finish or its files are not intact."""
        paths = [suffixed(prefix, "json") for prefix in prefixes]
        records = [read_part_record(path) for path in paths]
        reports = [report_of(record, path) for record, path in zip(records, paths, strict=True)]
        return cls(prefixes, records, reports)

    @property
    def failed(self) -> dict[str, str]:
        """The errors of what failed, by id."""
        return {name: reason for report in self.reports for name, reason in report.failed.items()}

    def check(
        self, folder: Path, total: int, max_failed_share: float, *, kind: str, what: str
    ) -> None:
        """Raise UserError if the jobs' objects are not ``total``, or too many of them failed.

        ``kind``: of the objects, "utterances" or "recordings"; ``what`` a job makes of each.
        """
        failed = self.failed
        written = sum(report.num_written for report in self.reports)
        empty = sum(report.num_empty for report in self.reports)
        hours = sum(report.duration_s for report in self.reports) / 3600
        if written + len(failed) != total:
            raise UserError(
                f"{folder}: found {written} {kind} with {what} and {len(failed)} that failed; "
                f"expected {total} in all; was this data dir changed after the jobs started?"
            )
        check_failures(folder, failed, total, max_failed_share, kind=kind, lack=f"no {what} for")
        logger.info(
            "%s: %d of %d %s have %s (%d of them empty), %d failed; %.2f hours",
            folder, written, total, kind, what, empty, len(failed), hours,
        )  # fmt: skip

    def blocks(self, suffix: str) -> Iterator[bytes]:
        """Yield blocks of the jobs' tables ``PREFIX.suffix``, one after another."""
        for prefix in self.prefixes:
            with open(suffixed(prefix, suffix), "rb") as file:
                while block := file.read(1 << 20):
                    yield block

    def archives(self, folder: Path) -> Mapping[str, Checksum]:
        """Return the checksums of all archives by path relative to ``folder``."""
        return {
            os.path.relpath(prefix.parent / name, folder): checksum
            for prefix, record in zip(self.prefixes, self.records, strict=True)
            for name, checksum in record.files.items()
            if name.endswith(".ark")
        }

    def write_notes(self, folder: Path, advice: str = "") -> None:
        """Write the table of what was noted, and say how often."""
        notes = {name: some for report in self.reports for name, some in report.notes.items()}
        write_notes(folder, notes)
        if notes:
            text = summary(notes.values())
            logger.warning("%s: %s; see its %s%s", folder, text, TABLE, advice)

    def remove_records(self) -> None:
        """Remove the jobs' records, which serve to continue an interrupted run.

        After a complete one they go, as the audio behind the same wav.scp may have changed before
        the next run.
        """
        for prefix in self.prefixes:
            suffixed(prefix, "json").unlink(missing_ok=True)
