"""Records of finished work: its settings and inputs, and the checksums of its files.

A record is a JSON file beside the files of a product, written last. ``valid_record`` decides
whether the product can be reused: its settings and inputs must be those of the present run, and
each file must be intact. A file with the same size and modification time counts as intact; if only
the time differs (a copy, a second writer of the same content), the digest decides.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from speakernet.config import UserError
from speakernet.config.files import open_input, read_bytes
from speakernet.work.files import Checksum, NewFile, new_digest, open_for_replace
from speakernet.work.temporary import remove_abandoned

logger = logging.getLogger(__name__)

RECORD = ".done"
"""The name of a product's record, in the product's folder."""

_FORMAT = "speakernet record 1"
_TABLES = ("failed", "notes", "num_frames", "folders", "identity")  # facts by name
_READ_BYTES = 1 << 20
_MAX_BYTES = 1 << 30  # of a record: one of features notes each utterance that failed


@dataclass(frozen=True)
class Record:
    """The record of a finished product.

    made_from: settings and digests of inputs, JSON values. files: checksums by path relative to the
    record's folder. facts: other results of the work (counts, failures), JSON values.
    """

    made_from: Mapping[str, Any]
    files: Mapping[str, Checksum]
    facts: Mapping[str, Any] = field(default_factory=dict)

    def content(self) -> dict[str, str]:
        """Return the digest of each file by name; these identify the product's content.

        ``facts["identity"]`` stands for them where files would be others in another folder.
        """
        digests = {name: checksum.digest for name, checksum in sorted(self.files.items())}
        return dict(self.facts.get("identity", digests))


def write_record(
    path: Path,
    made_from: Mapping[str, Any],
    files: Iterable[NewFile] | Mapping[str, Checksum],
    facts: Mapping[str, Any] | None = None,
) -> Record:
    """Write the record of ``files``, which must be in place already, and return it."""
    checksums = (
        dict(files)
        if isinstance(files, Mapping)
        else {os.path.relpath(file.path, path.parent): file.checksum for file in files}
    )
    record = Record(made_from, checksums, facts or {})
    content = {"format": _FORMAT, "made_from": made_from, "files": checksums, "facts": record.facts}
    with open_for_replace(path, fsync=True) as file:
        file.write(to_json(content))
    return record


def to_json(content: Any) -> bytes:
    """Encode JSON; paths in it may have bytes that are not UTF-8 (surrogate escapes)."""
    text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
    return text.encode(errors="surrogateescape")


def from_json(path: Path) -> Any:
    """Return what ``to_json`` encoded, from a file. Raises UserError if it is none, or no JSON."""
    try:
        return json.loads(read_bytes(path, _MAX_BYTES).decode(errors="surrogateescape"))
    except (ValueError, RecursionError):
        raise UserError(f"{path}: found no JSON; expected what a run has written") from None


def read_record(path: Path) -> Record | None:
    """Return the record in ``path``, or None if there is no file or it is not a record."""
    if not path.is_file():
        return None
    try:
        content = from_json(path)
        if content["format"] != _FORMAT:
            return None
        files = {
            str(name): Checksum(int(size), int(time), str(digest))
            for name, (size, time, digest) in content["files"].items()
        }
        facts = dict(content["facts"])
        if not all(isinstance(facts.get(name, {}), dict) for name in _TABLES):
            return None
        return Record(dict(content["made_from"]), files, facts)
    # JSON of another structure, or none.
    except (UserError, ValueError, LookupError, TypeError, AttributeError, OverflowError):
        return None


def valid_record(path: Path, made_from: Mapping[str, Any]) -> Record | None:
    """Return the record in ``path`` if its product is intact and was made from ``made_from``."""
    record = read_record(path)
    if record is None or record.made_from != json.loads(json.dumps(made_from)):
        return None
    for error in integrity_errors(path.parent, record):
        logger.warning("%s; making it again", error)
        return None
    for file in record.files:  # left by a second copy of this job that was killed
        remove_abandoned((path.parent / file).parent, Path(file).name)
    return record


def read_part_record(path: Path) -> Record:
    """Return the record of one of several parallel jobs.

    Raises UserError if the job did not finish, or its files are not intact.
    """
    record = read_record(path)
    if record is None:
        raise UserError(f"{path}: no such file; its job did not finish")
    for error in integrity_errors(path.parent, record):
        raise UserError(f"{error}; run the same command again to repeat this job")
    return record


def integrity_errors(folder: Path, record: Record) -> Iterator[str]:
    """Yield a message for each file of ``record`` in ``folder`` that is missing or was changed."""
    for name, checksum in record.files.items():
        file = folder / name
        if not file.is_file():
            yield f"{file} is missing"
        elif not is_unchanged(file, checksum):
            yield f"{file} was changed after it had been made"


def is_unchanged(file: Path, checksum: Checksum) -> bool:
    """Return whether a file has the size, and the modification time or digest, of ``checksum``."""
    has_its_size = file.stat().st_size == checksum.size
    return has_its_size and present_digest(file, checksum) == checksum.digest


def present_digest(file: Path, checksum: Checksum) -> str:
    """Return a file's digest; it is read only if it has not the size and time of ``checksum``."""
    status = file.stat()
    if (status.st_size, status.st_mtime_ns) == (checksum.size, checksum.mtime_ns):
        return checksum.digest
    return digest_of_file(file)


def compute_checksum(file: Path) -> Checksum:
    """Return the checksum of an existing file. Raises UserError if it cannot be read."""
    # Taken before reading, so that a change meanwhile shows as a later modification time.
    before = file.stat()
    digest = digest_of_file(file)
    return Checksum(before.st_size, before.st_mtime_ns, digest)


def digest_of_file(path: Path) -> str:
    """Return the digest of a file's content. Raises UserError if it cannot be read."""
    digest = new_digest()
    with open_input(path) as file:
        try:
            while block := file.read(_READ_BYTES):
                digest.update(block)
        except OSError as error:
            raise UserError(f"{path}: cannot be read: {error.strerror}") from None
    return digest.hexdigest()


def digest_of_text(items: Iterable[str]) -> str:
    """Return the digest of a sequence of texts."""
    digest = new_digest()
    for item in items:
        data = item.encode(errors="surrogateescape")
        digest.update(b"%d:" % len(data))
        digest.update(data)
    return digest.hexdigest()
