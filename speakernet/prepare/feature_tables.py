"""Joining the outputs of parallel feature jobs to the tables of a data dir."""

import logging
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from speakernet.audio.notes import TABLE, summary, write_notes
from speakernet.config.errors import UserError
from speakernet.kaldi.tables import check_order
from speakernet.prepare.failures import check_failures
from speakernet.prepare.feature_jobs import JobReport, report_of
from speakernet.work.files import Checksum, open_for_replace, suffixed
from speakernet.work.record import Record, read_part_record, write_record

logger = logging.getLogger(__name__)

_TABLES = {"scp": "feats.scp", "utt2num_frames": "utt2num_frames", "utt2dur": "utt2dur"}


def collect_features(
    folder: Path, prefixes: Sequence[Path], *, num_utterances: int, max_failed_share: float,
    frame_shift_s: float,
) -> None:  # fmt: skip
    """Write ``feats.scp utt2num_frames utt2dur frame_shift`` of ``folder`` from the jobs' outputs.

    Also writes ``utterance_notes`` (see ``speakernet.audio.notes``) and ``archives.json``, the
    record of the archives that ``feats.scp`` points to. Raises UserError, before anything is
    written, if a job did not finish or its files are not intact, if the jobs' utterances are not
    all ``num_utterances``, or if more than the fraction ``max_failed_share`` failed.
    """
    paths = [suffixed(prefix, "json") for prefix in prefixes]
    records = [read_part_record(path) for path in paths]
    reports = [report_of(record, path) for record, path in zip(records, paths, strict=True)]
    _check_counts(folder, reports, num_utterances, max_failed_share)
    for part, table in _TABLES.items():
        _join([suffixed(prefix, part) for prefix in prefixes], folder / table)
    with open_for_replace(folder / "frame_shift") as file:
        file.write(f"{frame_shift_s:g}\n".encode())
    _note(folder, reports)
    write_record(folder / "archives.json", {}, _archives(folder, prefixes, records))
    # The jobs' records serve to continue an interrupted run. After a complete one they go, as the
    # audio behind the same wav.scp may have changed before the next run.
    for path in paths:
        path.unlink(missing_ok=True)


def _note(folder: Path, reports: Sequence[JobReport]) -> None:
    """Write what was noted of utterances, and say how often."""
    notes = {name: some for report in reports for name, some in report.notes.items()}
    write_notes(folder, notes)
    if notes:
        logger.warning(
            "%s: %s; see %s (--refuse of the features' configuration leaves such out)",
            folder, summary(notes.values()), folder / TABLE,
        )  # fmt: skip


def _archives(
    folder: Path, prefixes: Sequence[Path], records: Sequence[Record]
) -> dict[str, Checksum]:
    """Return the checksums of the jobs' archives by path relative to ``folder``."""
    paths = [suffixed(prefix, "ark") for prefix in prefixes]
    return {
        os.path.relpath(path, folder): record.files[path.name]
        for path, record in zip(paths, records, strict=True)
    }


def _check_counts(
    folder: Path, reports: Sequence[JobReport], num_utterances: int, max_failed_share: float
) -> None:
    failed = {name: reason for report in reports for name, reason in report.failed.items()}
    written = sum(report.num_written for report in reports)
    empty = sum(report.num_empty for report in reports)
    hours = sum(report.duration_s for report in reports) / 3600
    if written + len(failed) != num_utterances:
        raise UserError(
            f"{folder}: found {written} utterances with features and {len(failed)} that failed; "
            f"expected {num_utterances} in all; was this data dir changed after the jobs started?"
        )
    check_failures(
        folder, failed, num_utterances, max_failed_share, kind="utterances", lack="no features for"
    )
    logger.info(
        "%s: %d of %d utterances have features (%d of them empty), %d failed; %.2f hours",
        folder, written, num_utterances, empty, len(failed), hours,
    )  # fmt: skip
    if failed:
        logger.warning(
            "utils/fix_data_dir.sh %s removes utterances without features from its tables", folder
        )


def _join(parts: Sequence[Path], target: Path) -> None:
    with open_for_replace(target) as file:
        for block in _blocks(parts):
            file.write(block)
    check_order(target)


def _blocks(parts: Sequence[Path]) -> Iterator[bytes]:
    for part in parts:
        with open(part, "rb") as file:
            while block := file.read(1 << 20):
                yield block
