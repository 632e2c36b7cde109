"""What identifies the content of an input: never its path, nor that of what it points to."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from speakernet.config import UserError
from speakernet.config.files import read_bytes
from speakernet.work.cleaning import cleaned_files
from speakernet.work.files import new_digest
from speakernet.work.known_checksums import common_folder, digests_of_files
from speakernet.work.record import (
    RECORD,
    Record,
    digest_of_file,
    digest_of_text,
    present_digest,
    read_record,
)
from speakernet.work.recordings import recording_files

SETTINGS_SUFFIX = ".settings"
RECORDINGS = "recordings"
TABLES = ("segments", "utt2spk", "feats.scp", "trials", "embedding.scp", "recipe.yaml", "final.pt")
_OPTIONS_SUFFIX = ".conf"  # of Kaldi's options, with comments
_RECORDINGS = "wav.scp"
_CHECKSUMS = ".checksums"
_BLOCK_BYTES = 1 << 24
_SMALL_BYTES = 1 << 26
_BEGIN = rb"""(?<![^\s"'=,|])"""  # of a path in a command


def content_of(path: Path, beside: Path) -> dict[str, str]:
    """Return the checksums (or settings) that identify the content of an input, by name.

    A file: its digest. A product: those of its files. A data directory: those of its tables and of
    its recordings. Any other folder: all files in it and below. ``beside``: where the checksums of
    other folders' files are kept. Raises UserError if it does not exist or lacks files.
    """
    if not path.exists():
        raise UserError(f"no such input: {path}; run the stage or step that makes it first")
    if path.is_file():
        return _content_of_file(path)
    record = read_record(path / RECORD)
    if record is not None:
        return _content_of_product(path, record)
    tables = {name: digest_of_file(path / name) for name in TABLES if (path / name).is_file()}
    if (path / _RECORDINGS).is_file():
        tables |= _recordings(path, with_audio="feats.scp" not in tables)
    return tables or _content_of_tree(path, beside)


def _content_of_file(path: Path) -> dict[str, str]:
    if path.suffix == SETTINGS_SUFFIX:
        return _read_settings(path)
    if path.suffix != _OPTIONS_SUFFIX:
        return {"content": digest_of_file(path)}
    lines = (line.partition(b"#")[0].strip() for line in read_bytes(path).splitlines())
    return {"content": digest_of_text(os.fsdecode(line) for line in lines if line)}


def content_of_place(path: Path) -> dict[str, str]:
    """Return the digests of small files directly in a folder, the lists that a corpus has there.

    What lies deeper is identified where it is used. Raises UserError if there is no folder.
    """
    files = sorted(entry.path for entry in os.scandir(path) if entry.is_file())
    small = (Path(file) for file in files if 0 < os.path.getsize(file) <= _SMALL_BYTES)
    return {file.name: digest_of_file(file) for file in small if not file.name.startswith(".")}


def folders_in(path: Path, known_recordings: str | None = None) -> dict[str, str]:
    """Return the folders whose paths the tables of what is made from an input may have, by name.

    ``known_recordings``: the one of recordings, which else is looked for in every entry.
    """
    folders = {"": os.path.realpath(path)}
    if (path / _RECORDINGS).is_file():
        folders[RECORDINGS] = known_recordings or common_folder(
            list(recording_files(path / _RECORDINGS))
        )
    return folders


def digest_without_paths(table: Path, folders: Mapping[str, str]) -> str:
    """Return the digest of a table in which ``folders`` (by name) are replaced by their names."""
    digest = new_digest()
    for block in replaced(table, {path: f"<{name}>" for name, path in folders.items()}):
        digest.update(block)
    return digest.hexdigest()


def replaced(table: Path, texts: Mapping[str, str]) -> Iterator[bytes]:
    """Yield blocks of whole lines of a table in which folders (absolute) are replaced by others."""
    new = {os.fsencode(folder): os.fsencode(text) for folder, text in texts.items()}
    olds = sorted((old for old in new if re.match(rb"/+[^/]", old)), reverse=True)
    pattern = _BEGIN + b"(" + b"|".join(map(re.escape, olds)) + b")(?=/)"
    with open(table, "rb") as file:
        while lines := file.readlines(_BLOCK_BYTES):
            block = b"".join(lines)
            yield re.sub(pattern, lambda match: new[match[1]], block) if olds else block


def _content_of_product(path: Path, record: Record) -> dict[str, str]:
    """Return the digests in a product's record, or of its files where they have changed since."""
    content, cleaned = record.content(), cleaned_files(path)
    for name, checksum in record.files.items():
        file = path / name
        if name in cleaned and not file.is_file():
            continue
        if not file.is_file():
            raise UserError(f"{file} is missing: run the stage or step that makes {path} again")
        if (digest := present_digest(file, checksum)) != checksum.digest:
            content[name] = digest
    return content


def _recordings(folder: Path, *, with_audio: bool) -> dict[str, str]:
    scp = folder / _RECORDINGS
    files = list(recording_files(scp)) if with_audio else []
    content = {_RECORDINGS: digest_without_paths(scp, {"recordings": common_folder(files)})}
    if with_audio:
        digests = digests_of_files(files, folder.parent / _CHECKSUMS / folder.name)
        content["audio"] = digest_of_text(digests)
    return content


def _content_of_tree(path: Path, beside: Path) -> dict[str, str]:
    files = sorted(_files_below(path))
    digests = digests_of_files(files, beside / _CHECKSUMS / path.resolve().name)
    names = [os.path.relpath(file, path) for file in files]
    return {"files": digest_of_text([*names, *digests])}


def _files_below(path: Path) -> Iterator[str]:
    """Yield files in a folder and below it, except hidden and compiled ones."""
    seen: set[str] = set()
    for folder, folders, names in os.walk(path, followlinks=True):
        if (real := os.path.realpath(folder)) in seen:
            folders.clear()  # a link to a folder above it
            continue
        seen.add(real)
        folders[:] = [name for name in folders if name[0] != "." and name != "__pycache__"]
        yield from (os.path.join(folder, name) for name in names if name[0] != ".")


def _read_settings(path: Path) -> dict[str, str]:
    settings = {}
    for number, line in enumerate(read_bytes(path).splitlines(), start=1):
        key, separator, value = line.decode(errors="replace").partition(": ")
        if not separator:
            raise UserError(f"{path}:{number}: found '{key}'; expected 'key: value'")
        settings[key] = value
    return settings
