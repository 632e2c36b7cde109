"""A data dir whose recordings lie in the archives that jobs of packing audio have written."""

import logging
import shutil
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from speakernet.config.errors import UserError
from speakernet.config.files import is_given
from speakernet.kaldi.datadir import AudioChange, NewAudio, copy
from speakernet.kaldi.tables import check_order, iter_fields, iter_ids, iter_table
from speakernet.prepare.job_reports import JobResults
from speakernet.work.files import path_for_replace, suffixed
from speakernet.work.products import ARCHIVES
from speakernet.work.record import write_record

logger = logging.getLogger(__name__)

_TRIAL_LISTS = "trials*"


def collect_audio(
    source: Path, target: Path, prefixes: Sequence[Path], max_failed_share: float
) -> None:
    """Write the data dir ``target``: ``source`` with the jobs' archives for its recordings.

    Its tables and trial lists are the source's, without utterances of recordings that failed;
    ``utterance_notes`` has what was noted of recordings, and ``archives.json`` is the record of the
    archives. Raises UserError, before anything is written, if a job did not finish or its files are
    not intact, if the jobs' recordings are not those of ``source``, or if more than the fraction
    ``max_failed_share`` failed.
    """
    jobs = JobResults.read(prefixes)
    total = check_order(source / "wav.scp")
    jobs.check(source, total, max_failed_share, kind="recordings", what="audio")
    failed = {name.encode() for name in jobs.failed}
    keep = set(_readable(source, failed)) if failed else None
    if keep == set():
        raise UserError(f"{source}: no utterance is left, as all of its recordings failed")
    new = NewAudio(_entries(source, prefixes, failed), AudioChange.SAME)
    copy(source, target, new=new, keep=keep)
    for path in sorted(source.glob(_TRIAL_LISTS)):
        if path.is_file():
            with path_for_replace(target / path.name) as file:
                shutil.copyfile(path, file)
    jobs.write_notes(target)
    write_record(target / ARCHIVES, {}, jobs.archives(target))
    jobs.remove_records()


def _readable(source: Path, failed: Collection[bytes]) -> Iterator[bytes]:
    """Yield the utterances of recordings that have not failed."""
    segments = source / "segments"
    if is_given(segments):
        lines = iter_fields(segments, num_fields=4)
        return (fields[0] for _, fields in lines if fields[1] not in failed)
    return (name for name in iter_ids(source / "utt2spk") if name not in failed)


def _entries(
    source: Path, prefixes: Sequence[Path], failed: Collection[bytes]
) -> Iterator[tuple[str, str]]:
    """Yield the lines of all indices, which have to be those of the source's recordings."""
    packed = (row for prefix in prefixes for row in iter_table(suffixed(prefix, "scp")))
    names = (name for name in iter_ids(source / "wav.scp") if name not in failed)
    for name in names:
        found, entry = next(packed, ("nothing", ""))
        if found != name.decode():
            raise UserError(
                f"{source}/wav.scp: found '{name.decode()}' where the jobs stored '{found}'; was "
                "this file changed after they had started?"
            )
        yield found, entry
