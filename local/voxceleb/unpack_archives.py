"""Unpack the archives of VoxCeleb, MUSAN and RIRS_NOISES in a data root where their trees are not
there or not whole, in every form in which they circulate.

Usage: python local/voxceleb/unpack_archives.py --data-root DIR voxceleb1 voxceleb2_dev musan
"""

from __future__ import annotations

import argparse
import logging
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from noise_archives import unpack_noises
from trees import Tree, find_trees
from trial_lists import check_needs
from vox_parts import FOLDERS, NOISES, PARTS, SETS, SUFFIXES, read_vox2_parts
from zip_directory import Entry
from zip_parts import read_entries, unpack

from speakernet.bin.cli import run

logger = logging.getLogger(__name__)

_NAME = re.compile(
    r"vox(?P<corpus>[12])_(?:(?P<part>dev|test)_)?(?P<kind>wav|aac|m4a)(?:_(?P<number>\d+))?"
    r"(?P<letters>_part[a-z]{2})?(?:\.zip)?"
)
_NUM_PARTS = {"voxceleb1/dev": 4, "voxceleb2/dev": 8}
_MORE_FOLDERS = ("downloads", "download", "archives", "zips")
_IN_ARCHIVE = re.compile(r"(?:.*/)?(?P<place>id[0-9]{5}/[^/]+/(?!\._)[^/]+)", re.DOTALL)


@dataclass(frozen=True)
class Archive:
    """Files that are a zip together: the part of the corpus that it has, and the kind of files."""

    part: str
    kind: str
    paths: tuple[Path, ...]


def main(argv: Sequence[str] | None = None) -> int:
    """Unpack what is asked for and not there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-root", type=Path, required=True)
    parser.add_argument("--nj", type=int, default=4, help="threads")
    parser.add_argument("--delete-archives", action="store_true", help="when they are unpacked")
    parser.add_argument("needs", nargs="*", metavar="NAME", help="set, list, musan, RIRS_NOISES")
    arguments = parser.parse_args(argv)
    check_needs(arguments.needs)
    parts = {part for name in arguments.needs if name in SETS for part in SETS[name].parts}
    archives = [archive for archive in find_archives(arguments.data_root) if archive.part in parts]
    trees = (
        find_trees(arguments.data_root, read_vox2_parts(arguments.data_root)) if archives else {}
    )
    for archive in archives:
        known = trees.get(archive.part, [])
        _unpack(archive, known, arguments.data_root, arguments.nj, arguments.delete_archives)
    for name in NOISES:
        if name in arguments.needs:
            unpack_noises(name, arguments.data_root, arguments.nj, arguments.delete_archives)
    return 0


def find_archives(data_root: Path) -> list[Archive]:
    """Return the archives in the usual folders: whole ones, or else their parts in order."""
    found: dict[tuple[str, str, str], list[Path]] = defaultdict(list)
    for folder in (*FOLDERS, *_MORE_FOLDERS, *PARTS):
        for path in sorted((data_root / folder).glob("vox[12]_*")):
            match = _NAME.fullmatch(path.name)
            if match and path.is_file() and (match["letters"] or path.suffix == ".zip"):
                part = f"voxceleb{match['corpus']}/{match['part'] or 'dev'}"
                found[part, match["kind"], match["number"] or ""].append(path)
    return [Archive(part, kind, _whole_or_parts(p)) for (part, kind, _), p in found.items()]


def _whole_or_parts(paths: Sequence[Path]) -> tuple[Path, ...]:
    whole = [path for path in paths if "_part" not in path.name]
    by_name: dict[str, Path] = {}
    for path in paths:  # the same part may lie in two folders
        by_name.setdefault(path.name, path)
    return tuple(whole[:1] or (by_name[name] for name in sorted(by_name)))


def _unpack(
    archive: Archive, trees: Sequence[Tree], data_root: Path, num_threads: int, delete: bool
) -> None:
    entries, folder = contents(archive, trees, data_root)
    if folder is None:
        return
    shown = f"{archive.paths[0]} ({len(archive.paths)} parts)"
    num_new = unpack(archive.paths, entries, lambda name: folder / place_of(name), num_threads)
    if num_new:
        logger.info("%s: %d files unpacked to %s", shown, num_new, folder)
    if delete:
        for path in archive.paths:
            path.unlink()
        logger.info("%s: deleted, as all is unpacked", shown)


def contents(
    archive: Archive, trees: Sequence[Tree], data_root: Path
) -> tuple[list[Entry], Path | None]:
    """Return the recordings in an archive and the folder that they go to, or no folder if they were
    converted to the other kind before. Raises UserError for an archive that cannot be unpacked.
    """
    entries = read_entries(archive.paths, _is_recording, _NUM_PARTS.get(archive.part, 0))
    speakers = {place_of(entry.name).partition("/")[0] for entry in entries}
    is_wav = archive.kind == "wav"
    alike = [tree for tree in trees if tree.is_wav == is_wav and tree.speakers & speakers]
    if not alike and speakers <= {speaker for tree in trees for speaker in tree.speakers}:
        return entries, None
    return entries, alike[0].path if alike else data_root / archive.part / archive.kind


def _is_recording(name: str) -> bool:
    return name.lower().endswith(SUFFIXES) and _IN_ARCHIVE.fullmatch(name) is not None


def place_of(name: str) -> str:
    """Return the path below its tree of a recording in an archive."""
    match = _IN_ARCHIVE.fullmatch(name)
    assert match is not None, name
    return match["place"]


if __name__ == "__main__":
    run(main)
