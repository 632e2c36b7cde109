"""A copy of a data directory and its archives on a machine's own disk, for a training there.

What jobs of many machines read at random places of one file is slow on a shared file system.
"""

import logging
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from stat import S_ISREG

from speakernet.config.errors import UserError, naming
from speakernet.config.files import open_input
from speakernet.kaldi.datadir.filtering import copy_frame_shift
from speakernet.kaldi.datadir.layout import Tables, existing_tables
from speakernet.kaldi.tables import check_order, iter_table, write_table
from speakernet.prepare.early_checks import free_bytes
from speakernet.work.files import open_for_replace, write_errors
from speakernet.work.products import ARCHIVES
from speakernet.work.progress import Progress
from speakernet.work.record import digest_of_file, read_record

logger = logging.getLogger(__name__)

_TABLES = ("feats.scp", "wav.scp")
_ENTRY = re.compile(r"(.+):(\d+)")
_BLOCK_BYTES = 1 << 24
_RESERVE_BYTES = 256 << 20  # what others may write meanwhile


def copy_to_scratch(data: Path, target: Path) -> int:
    """Copy the tables of ``data`` to the folder ``target``, and beside them the archives in which
    features (or, without feats.scp, recordings) lie; return the bytes of the archives.

    Entries that are files or commands stay what they are. Raises UserError if there is not the
    room, if a table is broken, if no entry lies in an archive, or if a copy is not what the data's
    record says.
    """
    tables = existing_tables(data)
    table = next((tables[name] for name in _TABLES if name in tables), data / _TABLES[0])
    for file in tables.values():
        check_order(file)
    places = list(_places(table))
    sources = sorted({source for _, source, _ in places if source})
    if not sources:
        raise UserError(f"{table}: has no entries in archives: nothing to copy to {target}")
    with naming(table):
        size = sum(_size(Path(source)) for source in sources)
        _check_last_entries(places)
    with write_errors(target):
        target.mkdir(parents=True, exist_ok=True)
    if size + _RESERVE_BYTES > free_bytes(target):
        raise UserError(
            f"{target}: the archives of {data} have {size / 1e9:.1f} GB, and "
            f"{free_bytes(target) / 1e9:.1f} GB are free there"
        )
    copies = {source: target / f"{n}.ark" for n, source in enumerate(sources, start=1)}
    known = _known_digests(data)
    with Progress(len(sources), "archives") as progress:
        for source, copy in copies.items():
            _copy(Path(source), copy, known)
            progress.advance()
    _copy_tables(tables, target)
    copy_frame_shift(data, target)
    write_table(
        target / table.name,
        ((key, f"{copies[source]}:{rest}" if source else rest) for key, source, rest in places),
    )
    return size


def _places(table: Path) -> Iterator[tuple[str, str, str]]:
    """Yield id, archive and offset of each entry; no archive, and the entry, for others."""
    for key, entry in iter_table(table):
        found = None if entry.endswith("|") else _ENTRY.fullmatch(entry)
        yield (key, found[1], found[2]) if found else (key, "", entry)


def _size(path: Path) -> int:
    try:
        status = path.stat()
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}; expected an archive") from None
    if not S_ISREG(status.st_mode):
        raise UserError(f"{path}: is not a file; expected an archive")
    return status.st_size


def _check_last_entries(places: list[tuple[str, str, str]]) -> None:
    """Raise UserError unless the last entry of each archive is where it was written: after a blank.

    So much is cheap, and a file that was cut or replaced is not copied for hours.
    """
    last = {source: offset for source, offset in sorted((s, int(o)) for _, s, o in places if s)}
    for source, offset in last.items():
        with open_input(source) as file:
            file.seek(max(offset - 1, 0))
            if file.read(2)[:1] != b" " or file.tell() != offset + 1:
                raise UserError(f"{source}: has no entry at byte {offset}: not the archive it was")


def _known_digests(data: Path) -> dict[Path, str]:
    """Return the digests of archives that the step which made them has written down."""
    record = read_record(data / ARCHIVES)
    files = record.files if record else {}
    return {(data / name).resolve(): checksum.digest for name, checksum in files.items()}


def _copy(source: Path, copy: Path, known: dict[Path, str]) -> None:
    with open_input(source) as old, open_for_replace(copy) as new:
        while block := old.read(_BLOCK_BYTES):
            new.write(block)
    digest = known.get(source.resolve(), new.checksum.digest)
    if new.checksum.digest != digest or digest_of_file(copy) != digest:
        raise UserError(f"{copy}: is not what {source} was when it was made")


def _copy_tables(tables: Tables, target: Path) -> None:
    """Copy the tables but those that say where the data lie."""
    for name in sorted(tables.keys() - set(_TABLES)):
        with write_errors(target / name):
            shutil.copyfile(tables[name], target / name)
