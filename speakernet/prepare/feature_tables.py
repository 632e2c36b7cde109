"""Joining the outputs of parallel feature jobs to the tables of a data dir."""

import logging
from collections.abc import Sequence
from pathlib import Path

from speakernet.kaldi.tables import check_order
from speakernet.prepare.job_reports import JobResults
from speakernet.work.files import open_for_replace
from speakernet.work.products import ARCHIVES
from speakernet.work.record import write_record

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
    jobs = JobResults.read(prefixes)
    jobs.check(folder, num_utterances, max_failed_share, kind="utterances", what="features")
    if jobs.failed:
        logger.warning(
            "utils/fix_data_dir.sh %s removes utterances without features from its tables", folder
        )
    for suffix, table in _TABLES.items():
        with open_for_replace(folder / table) as file:
            file.writelines(jobs.blocks(suffix))
        check_order(folder / table)
    with open_for_replace(folder / "frame_shift") as file:
        file.write(f"{frame_shift_s:g}\n".encode())
    jobs.write_notes(folder, " (--refuse of the features' configuration leaves such out)")
    write_record(folder / ARCHIVES, {}, jobs.archives(folder))
    jobs.remove_records()
