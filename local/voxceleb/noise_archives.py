"""MUSAN and RIRS_NOISES as openslr 17 and 28 distribute them, unpacked where they are not."""

from __future__ import annotations

import logging
import lzma
import shutil
import tarfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from vox_parts import find_file
from zip_directory import Entry
from zip_parts import is_safe_name, read_entries, unpack

from speakernet.config import UserError
from speakernet.config.files import open_input
from speakernet.work.files import open_for_replace, write_errors
from speakernet.work.input_files import HEAD_BYTES, kind_of
from speakernet.work.progress import progress

logger = logging.getLogger(__name__)

_MUSAN_RATIO = 1.15  # 109 hours at 16 kHz in an archive of 11 GB
# What broken archives were seen to raise, and its kin.
_DAMAGES = (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, ValueError, OSError)


def unpack_noises(name: str, data_root: Path, num_threads: int, delete: bool) -> None:
    """Unpack ``name`` ("musan" or "RIRS_NOISES"), unless its tree is there. Raises UserError.

    A file beside the tree says that it is not yet whole.
    """
    archive_name, unpack_all = _ARCHIVES[name]
    marker = _marker(name, data_root)
    path = find_file(data_root, (archive_name,))
    if path is None or _is_whole(name, data_root):
        return
    with write_errors(marker):
        marker.touch()
    num_files = unpack_all(path, data_root, num_threads)
    marker.unlink()
    logger.info("%s: %d files unpacked to %s", path, num_files, data_root / name)
    if delete:
        path.unlink()
        logger.info("%s: deleted, as all is unpacked", path)


def bytes_to_unpack(name: str, data_root: Path) -> int:
    """Return about how many bytes ``unpack_noises`` would write. Raises UserError for an archive
    that is none, and if there is neither archive nor tree.
    """
    archive_name, _ = _ARCHIVES[name]
    path = find_file(data_root, (archive_name,))
    if _is_whole(name, data_root) or (path is None and (data_root / name).is_dir()):
        return 0
    if path is None:
        raise UserError(
            f"{data_root}: no {name}/ and no {archive_name}; local/voxceleb/download.sh fetches it"
        )
    if name == "RIRS_NOISES":
        return sum(entry.size for entry in _rir_entries(path))
    _require_gzip(path)
    return int(_MUSAN_RATIO * path.stat().st_size)


def _is_whole(name: str, data_root: Path) -> bool:
    return (data_root / name).is_dir() and not _marker(name, data_root).exists()


def _marker(name: str, data_root: Path) -> Path:
    return data_root / f".{name}.unpacking"


def _require_gzip(path: Path) -> None:
    with open_input(path) as file:
        head = file.read(HEAD_BYTES)
    if not head.startswith(b"\x1f\x8b"):
        found = kind_of(head) or "other data"
        raise UserError(f"{path}: found {found}; expected a gzip-compressed tar archive")


def _rir_entries(path: Path) -> list[Entry]:
    def is_wanted(name: str) -> bool:
        return name.startswith("RIRS_NOISES/") and not name.endswith("/") and "/." not in name

    return read_entries([path], is_wanted)


def _unpack_zip(path: Path, data_root: Path, num_threads: int) -> int:
    return unpack([path], _rir_entries(path), lambda name: data_root / name, num_threads)


def _unpack_tar(path: Path, data_root: Path, num_threads: int) -> int:
    """Read the archive once, front to back; files that are there with their size are kept."""
    num_files = 0
    _require_gzip(path)
    with open_input(path) as file:
        try:
            with tarfile.open(fileobj=file, mode="r|gz") as archive:
                for member in progress(archive, None, "files"):
                    num_files += _unpack_member(archive, member, data_root)
        except UserError:
            raise
        except _DAMAGES as error:
            raise UserError(f"{path}: not a complete archive ({error}): fetch it again") from None
    return num_files


def _unpack_member(archive: tarfile.TarFile, member: tarfile.TarInfo, data_root: Path) -> int:
    name = member.name.removeprefix("./")
    if not member.isreg() or not name.startswith("musan/") or "/." in name:
        return 0
    if not is_safe_name(name):
        raise UserError(f"musan.tar.gz: {name!r}: the name leads out of the folder")
    target = data_root / name
    if target.is_file() and target.stat().st_size == member.size:
        return 1
    source = archive.extractfile(member)
    assert source is not None
    with write_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
    with open_for_replace(target) as file:
        shutil.copyfileobj(source, file)
    return 1


_ARCHIVES: Mapping[str, tuple[str, Callable[[Path, Path, int], int]]] = MappingProxyType(
    {
        "musan": ("musan.tar.gz", _unpack_tar),
        "RIRS_NOISES": ("rirs_noises.zip", _unpack_zip),
    }
)
