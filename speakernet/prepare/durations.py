"""Durations of recordings, from headers alone wherever the entry is a file.

Many recordings are shared among jobs. A job appends what it has read to ``PREFIX.known`` and goes
on from there when it is started again for the same entries; ``PREFIX.failed`` is written last.
"""

import json
import logging
import os
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from time import monotonic

from speakernet.audio.reader import AudioReader
from speakernet.audio.wav import audio_length
from speakernet.config.errors import UserError
from speakernet.kaldi.pipes import AudioFile, Node, Resampled, parse_entry
from speakernet.kaldi.tables import iter_lines, iter_table, write_table
from speakernet.prepare.failures import check_failures
from speakernet.signal.resample import changed_length
from speakernet.work.files import open_for_replace, suffixed, write_errors
from speakernet.work.shares import share

logger = logging.getLogger(__name__)

_REPORT_EVERY_S = 30.0


def iter_durations(folder: Path) -> Iterator[tuple[str, float]]:
    """Yield the recordings of ``wav.scp`` with their durations in seconds, in file order.

    They come from ``reco2dur``, or ``utt2dur`` where there are no segments, or else from the audio;
    then ``reco2dur`` is written, as Kaldi does. Raises UserError where these tables do not list the
    same recordings as ``wav.scp``.
    """
    path = folder / "reco2dur"
    if not path.exists() and (folder / "utt2dur").exists() and not (folder / "segments").exists():
        path = folder / "utt2dur"
    if not path.exists():
        logger.info("%s: reading durations from the audio", folder)
        rows = _from_audio(folder / "wav.scp")
        write_table(path, ((name, f"{seconds:.9g}") for name, seconds in rows))
    return _from_table(path, folder / "wav.scp")


def _from_audio(scp: Path) -> Iterator[tuple[str, float]]:
    reader = AudioReader()
    for number, (name, entry) in enumerate(iter_table(scp), start=1):
        yield name, entry_duration(entry, reader, f"{scp}:{number}")


def _from_table(path: Path, scp: Path) -> Iterator[tuple[str, float]]:
    rows = iter_table(path, num_fields=2)
    for number, (name, _) in enumerate(iter_table(scp), start=1):
        key, value = next(rows, ("nothing", ""))
        if key != name:
            raise UserError(f"{path}:{number}: found '{key}'; expected '{name}' as in {scp}")
        yield name, _seconds(value, f"{path}:{number}")


def _seconds(text: str, place: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not seconds > 0:
        raise UserError(f"{place}: found '{text}'; expected a duration in seconds")
    return seconds


def entry_duration(entry: str, reader: AudioReader, place: str = "") -> float:
    """Return the seconds of one entry of ``wav.scp``; pipes are evaluated.

    Raises UserError that starts with ``place`` for what cannot be read and what has no samples.
    """
    node = parse_entry(entry, place)
    try:
        samples, rate = _header_length(node)
        if not rate:
            samples, rate = len(reader.read(node)), reader.sample_rate
        if not samples:
            raise UserError(f"{entry}: found no samples")
    except UserError as error:
        raise UserError(f"{place}: {error}" if place else str(error)) from None
    return samples / rate


def _header_length(node: Node) -> tuple[int, int]:
    """Return (samples, sample rate), both 0 where the header alone does not tell."""
    if isinstance(node, AudioFile) and not node.offset:
        return audio_length(node.path)
    if isinstance(node, Resampled):
        samples, rate = _header_length(node.file)
        if node.speed == 1:
            return samples, rate
        if node.sample_rate in (None, rate):
            return changed_length(samples, node.speed), rate
    return 0, 0


def compute_part(scp: Path, prefix: Path, job: int, num_jobs: int) -> tuple[int, int]:
    """Read the durations of part ``job`` (from 1) of ``scp`` that ``prefix`` does not know yet.

    Returns how many recordings the part has and how many of them could not be read.
    """
    part = share(range(sum(1 for _ in iter_lines(scp))), job, num_jobs)
    rows = list(islice(iter_table(scp), part.start, part.stop))
    suffixed(prefix, "failed").unlink(missing_ok=True)
    fingerprint = blake2b(repr(rows).encode(), digest_size=16).hexdigest()
    known = _begin(suffixed(prefix, "known"), fingerprint)
    failed = _append_unknown(scp, part.start + 1, rows, known, suffixed(prefix, "known"))
    with open_for_replace(suffixed(prefix, "failed")) as file:
        file.write(json.dumps(failed, ensure_ascii=False).encode())
    return len(rows), len(failed)


def _begin(path: Path, fingerprint: str) -> set[str]:
    """Return the recordings that ``path`` knows; it is made anew if it is of other entries."""
    first = f"entries {fingerprint}\n".encode()
    with write_errors(path):
        content = path.read_bytes() if path.exists() else b""
        if not content.startswith(first):
            path.write_bytes(first)
            return set()
        # The last line may have been cut off when the job was killed.
        os.truncate(path, content.rfind(b"\n") + 1)
    return {name for name, _ in islice(iter_table(path), 1, None)}


def _append_unknown(
    scp: Path, first: int, rows: Sequence[tuple[str, str]], known: set[str], path: Path
) -> dict[str, str]:
    """Append durations to ``path``; return what could not be read and why."""
    failed: dict[str, str] = {}
    reader = AudioReader()
    report_at = monotonic() + _REPORT_EVERY_S
    if known:
        logger.info("%s: %d of %d recordings are known", path, len(known), len(rows))
    with write_errors(path), open(path, "a", buffering=1, encoding="utf-8") as file:
        for number, (name, entry) in enumerate(rows, start=first):
            if name in known:
                continue
            try:
                seconds = entry_duration(entry, reader, f"{scp}:{number}")
            except UserError as error:
                logger.warning("no duration of '%s': %s", name, error)
                failed[name] = str(error)
                continue
            file.write(f"{name} {seconds:.9g}\n")
            if monotonic() > report_at:
                logger.info("%d of %d recordings", number - first + 1, len(rows))
                report_at = monotonic() + _REPORT_EVERY_S
    return failed


def collect_durations(folder: Path, prefixes: Sequence[Path], max_failed_share: float) -> int:
    """Write what the jobs have read to ``reco2dur``; return how many recordings have no duration.

    If some have none, the file is ``reco2dur.partial``: a data dir with an incomplete ``reco2dur``
    would not be valid. Raises UserError if a job did not finish, if a recording is missing without
    a word, or if the share of unreadable ones is above ``max_failed_share``.
    """
    known, failed = _join(prefixes)
    names = [name for name, _ in iter_table(folder / "wav.scp")]
    lost = [name for name in names if name not in known and name not in failed]
    if lost:
        raise UserError(
            f"{folder}/wav.scp: '{lost[0]}' is in no job's part; expected the parts of this file"
        )
    check_failures(
        folder, failed, len(names), max_failed_share, kind="recordings", lack="no duration of"
    )
    rows = ((name, known[name]) for name in names if name in known)
    complete, partial = folder / "reco2dur", folder / "reco2dur.partial"
    write_table(partial if failed else complete, rows)
    (complete if failed else partial).unlink(missing_ok=True)
    return len(failed)


def _join(prefixes: Sequence[Path]) -> tuple[dict[str, str], dict[str, str]]:
    known: dict[str, str] = {}
    failed: dict[str, str] = {}
    for prefix in prefixes:
        path = suffixed(prefix, "failed")
        if not path.exists():
            raise UserError(f"{path}: no such file; its job did not finish")
        failed |= json.loads(path.read_text(encoding="utf-8"))
        known.update(islice(iter_table(suffixed(prefix, "known")), 1, None))
    return known, failed
