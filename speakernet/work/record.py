"""Records of finished work: what it was made from, and what proves that its files are whole.

A record is a JSON file beside the files of a product, written last. Whoever takes the product for
done asks ``finished``, which compares what it would be made from now with what it was made from,
and looks at every file: size and time of the last change tell at once that nothing happened; where
the time differs (a copy, a second writer of the same content) the checksum decides.
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
from speakernet.work.files import NewFile, Proof, new_digest, open_for_replace, remove_abandoned

logger = logging.getLogger(__name__)

_FORMAT = "speakernet record 1"
_READ_BYTES = 1 << 20


@dataclass(frozen=True)
class Record:
    """What is known of a finished product.

    made_from: settings and checksums of inputs, JSON values. files: proofs by path, relative to the
    record's folder. facts: what else the work found out (counts, what failed), JSON values.
    """

    made_from: Mapping[str, Any]
    files: Mapping[str, Proof]
    facts: Mapping[str, Any] = field(default_factory=dict)

    def content(self) -> dict[str, str]:
        """Return the checksum of each file: the identity of the product, wherever it lies."""
        return {name: proof.digest for name, proof in sorted(self.files.items())}


def write_record(
    path: Path,
    made_from: Mapping[str, Any],
    files: Iterable[NewFile] | Mapping[str, Proof],
    facts: Mapping[str, Any] | None = None,
) -> Record:
    """Write the record of files that are all in place, and return it."""
    proofs = (
        dict(files)
        if isinstance(files, Mapping)
        else {os.path.relpath(file.path, path.parent): file.proof for file in files}
    )
    record = Record(made_from, proofs, facts or {})
    content = {"format": _FORMAT, "made_from": made_from, "files": proofs, "facts": record.facts}
    with open_for_replace(path, fsync=True) as file:
        file.write(to_json(content))
    return record


def to_json(content: Any) -> bytes:
    """Return JSON that ``from_json`` reads; paths in it may be of bytes that are not UTF-8."""
    text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
    return text.encode(errors="surrogateescape")


def from_json(data: bytes) -> Any:
    """Return what ``to_json`` wrote."""
    return json.loads(data.decode(errors="surrogateescape"))


def read_record(path: Path) -> Record | None:
    """Return the record in ``path``; None where there is none, or nothing that is one."""
    try:
        content = from_json(path.read_bytes())
        if content["format"] != _FORMAT:
            return None
        files = {
            str(name): Proof(int(size), int(time), str(digest))
            for name, (size, time, digest) in content["files"].items()
        }
        return Record(dict(content["made_from"]), files, dict(content["facts"]))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (ValueError, LookupError, TypeError, AttributeError):  # of another shape
        return None


def finished(path: Path, made_from: Mapping[str, Any]) -> Record | None:
    """Return the record in ``path`` if its product is whole and was made from ``made_from``."""
    record = read_record(path)
    if record is None or record.made_from != json.loads(json.dumps(made_from)):
        return None
    for reason in damages(path.parent, record):
        logger.warning("%s; it is made again", reason)
        return None
    for file in record.files:  # a second copy of the work may have been killed after its end
        remove_abandoned((path.parent / file).parent, Path(file).name)
    return record


def finished_part(path: Path) -> Record:
    """Return the record of one job of several. UserError if it did not finish or is not whole."""
    record = read_record(path)
    if record is None:
        raise UserError(f"{path}: no such file; its job did not finish")
    for reason in damages(path.parent, record):
        raise UserError(f"{reason}; the same command again makes this part anew")
    return record


def damages(folder: Path, record: Record) -> Iterator[str]:
    """Yield what is wrong with each file of ``record`` that is not as it was written."""
    for name, proof in record.files.items():
        file = folder / name
        if not file.is_file():
            yield f"{file} is missing"
        elif not is_proven(file, proof):
            yield f"{file} was changed after it had been made"


def is_proven(file: Path, proof: Proof) -> bool:
    """Return whether a file has the size and the content that ``proof`` speaks of."""
    status = file.stat()
    if status.st_size != proof.size:
        return False
    return status.st_mtime_ns == proof.mtime_ns or digest_of_file(file) == proof.digest


def prove(file: Path) -> Proof:
    """Return the proof of a file that somebody else wrote."""
    before = file.stat()
    digest = digest_of_file(file)
    return Proof(before.st_size, before.st_mtime_ns, digest)


def digest_of_file(path: Path) -> str:
    """Return the checksum of a file's content. Raises UserError if it cannot be read."""
    digest = new_digest()
    try:
        with open(path, "rb") as file:
            while block := file.read(_READ_BYTES):
                digest.update(block)
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from None
    return digest.hexdigest()


def digest_of_text(items: Iterable[str]) -> str:
    """Return one checksum of several texts and their order."""
    digest = new_digest()
    for item in items:
        data = item.encode()
        digest.update(b"%d:" % len(data))
        digest.update(data)
    return digest.hexdigest()
