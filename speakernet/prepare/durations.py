"""Durations of recordings, read from the header if the ``wav.scp`` entry is a file.

Parallel jobs read one part of ``wav.scp`` each. A job appends each duration to a journal; when it
is started again for the same entries, it continues from there. At its end it writes
``PREFIX.durations`` and the record ``PREFIX.json``, which lists the recordings that failed.
"""

import glob
import logging
import os
import socket
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path

from speakernet.audio.reader import AudioReader
from speakernet.config.errors import UserError
from speakernet.config.numbers import parse_number
from speakernet.kaldi.tables import iter_lines, iter_table, write_table
from speakernet.prepare.header_check import HeaderCheck
from speakernet.work.files import open_for_replace, suffixed, write_errors
from speakernet.work.job_parts import job_part
from speakernet.work.progress import progress
from speakernet.work.record import digest_of_text, valid_record, write_record

logger = logging.getLogger(__name__)

_LONGEST_S = 1e6
"""Twelve days: what is longer is damage or a slip, and filling it with noises has no end."""


def iter_durations(folder: Path) -> Iterator[tuple[str, float]]:
    """Yield the recordings of ``wav.scp`` with their durations in seconds, in file order.

    Reads ``reco2dur`` or, if there are no segments, ``utt2dur``. If neither exists, reads the audio
    and writes ``reco2dur``, as Kaldi does. Raises UserError if the table and ``wav.scp`` do not
    list the same recordings, or if audio cannot be read.
    """
    path = folder / "reco2dur"
    names = set(os.listdir(folder))
    if "reco2dur" not in names and "utt2dur" in names and "segments" not in names:
        path = folder / "utt2dur"
    if path.name not in names:
        logger.info("%s: reading durations from the audio", folder)
        rows = _from_audio(folder / "wav.scp")
        write_table(path, ((name, f"{seconds:.9g}") for name, seconds in rows))
    return _from_table(path, folder / "wav.scp")


def _from_audio(scp: Path) -> Iterator[tuple[str, float]]:
    durations: dict[str, float] = {}
    for name, duration in _read(scp, 1, list(iter_table(scp)), {}):
        if isinstance(duration, UserError):
            raise duration
        durations[name] = duration
    yield from durations.items()


def _from_table(path: Path, scp: Path) -> Iterator[tuple[str, float]]:
    rows = iter_table(path, num_fields=2)
    for number, (name, _) in enumerate(iter_table(scp), start=1):
        key, value = next(rows, ("nothing", ""))
        if key != name:
            raise UserError(f"{path}:{number}: found '{key}'; expected '{name}' as in {scp}")
        yield name, parse_duration(value, f"{path}:{number}")


def parse_duration(text: str, place: str) -> float:
    """Return a duration in seconds. Raises UserError, starting with ``place``, for other text."""
    try:
        seconds = parse_number(text)
    except ValueError:
        seconds = -1.0
    if not 0 < seconds <= _LONGEST_S:
        raise UserError(f"{place}: found '{text}'; expected a duration in seconds")
    return seconds


def entry_duration(
    entry: str, reader: AudioReader, place: str = "", check: HeaderCheck | None = None
) -> float:
    """Return the duration in seconds of a ``wav.scp`` entry; pipes are run.

    ``check``: says which headers of compressed audio are not just believed. Raises UserError,
    starting with ``place``, if it cannot be read or has no samples, whatever the reason.
    """
    try:
        length = reader.own_length(entry)
        num_samples = length.num_samples
        if length.is_declared and check is not None:
            num_samples = check.num_samples(entry, num_samples, reader)
        if not num_samples:
            raise UserError(f"{entry}: found no samples")
    except UserError as error:
        raise UserError(f"{place}: {error}" if place else str(error)) from None
    except Exception as error:  # of a library: one recording must not end the work on all others
        reason = " ".join(f"{type(error).__name__} {error}".split())
        raise UserError(f"{place}: cannot be read: {reason}") from None
    return num_samples / length.sample_rate


def compute_part(scp: Path, prefix: Path, job: int, num_jobs: int) -> tuple[int, int]:
    """Read the durations of part ``job`` (from 1) of ``scp``, except those already known.

    Returns the number of recordings in the part and the number of those that failed.
    """
    part = job_part(range(sum(1 for _ in iter_lines(scp))), job, num_jobs)
    rows = list(islice(iter_table(scp), part.start, part.stop))
    made_from = {"entries": digest_of_text(text for row in rows for text in row)}
    record_path = suffixed(prefix, "json")
    done = valid_record(record_path, made_from)
    if done is not None and done.facts.get("failed") == {}:
        return len(rows), 0
    known = dict(iter_table(suffixed(prefix, "durations"))) if done is not None else {}
    journals = _Journals(prefix, made_from["entries"])
    known |= journals.read()
    record_path.unlink(missing_ok=True)
    if known:
        logger.info("%s: %d of %d durations are known already", prefix, len(known), len(rows))
    failed = journals.append(_read(scp, part.start + 1, rows, known), known)
    with open_for_replace(suffixed(prefix, "durations")) as file:
        lines = (f"{name} {known[name]}\n" for name, _ in rows if name in known)
        file.writelines(line.encode() for line in lines)
    write_record(record_path, made_from, [file], {"failed": failed})
    journals.remove()
    return len(rows), len(failed)


def _read(
    scp: Path, first: int, rows: Sequence[tuple[str, str]], known: Mapping[str, str]
) -> Iterator[tuple[str, float | UserError]]:
    """Yield each recording without a known duration, with its duration or the error.

    ``first``: the line number in ``scp`` of the first of ``rows``. Once a header turns out to be
    wrong, all recordings are yielded again.
    """
    reader, check = AudioReader(), HeaderCheck()
    numbered = progress(enumerate(rows, start=first), len(rows), "recordings")
    for number, (name, entry) in numbered:
        if name not in known:
            yield name, _duration_or_error(entry, reader, f"{scp}:{number}", check)
        if check.failed:
            break
    if not check.failed:
        return
    logger.warning(
        "%s: the header has another length than the audio; all compressed recordings are decoded",
        check.failed,
    )
    for number, (name, entry) in enumerate(rows, start=first):
        yield name, _duration_or_error(entry, reader, f"{scp}:{number}", check)


def _duration_or_error(
    entry: str, reader: AudioReader, place: str, check: HeaderCheck
) -> float | UserError:
    try:
        return entry_duration(entry, reader, place, check)
    except UserError as error:
        return error


class _Journals:
    """Durations that interrupted jobs for the same entries have read: one file per process.

    The first line is ``entries DIGEST``, each further one a recording and its duration in seconds;
    the last line may be cut off.
    """

    def __init__(self, prefix: Path, digest: str) -> None:
        self._prefix = prefix
        self._first = f"entries {digest}"

    def read(self) -> dict[str, str]:
        """Return the durations in all journals."""
        known: dict[str, str] = {}
        for path in self._paths():
            with suppress(FileNotFoundError):  # a second copy of the job has finished meanwhile
                first, *lines = path.read_text(encoding="utf-8").split("\n")[:-1] or [""]
                if first == self._first:
                    known |= dict(line.split(" ", 1) for line in lines)
        return known

    def append(
        self, rows: Iterable[tuple[str, float | UserError]], known: dict[str, str]
    ) -> dict[str, str]:
        """Add durations to this process's journal and to ``known``; return errors by recording."""
        path = suffixed(self._prefix, f"{socket.gethostname()}-{os.getpid()}.journal")
        failed: dict[str, str] = {}
        with write_errors(path), open(path, "w", buffering=1, encoding="utf-8") as file:
            file.write(f"{self._first}\n")
            for name, duration in rows:
                if isinstance(duration, UserError):
                    logger.warning("no duration of '%s': %s", name, duration)
                    failed[name] = str(duration)
                else:
                    known[name] = f"{duration:.9g}"
                    file.write(f"{name} {known[name]}\n")
        return failed

    def remove(self) -> None:
        """Remove all journals, once the job's output has been written."""
        for path in self._paths():
            path.unlink(missing_ok=True)

    def _paths(self) -> list[Path]:
        name = glob.escape(self._prefix.name)
        return sorted(self._prefix.parent.glob(f"{name}.*.journal"))
