"""Unpack VoxCeleb's archives where their trees are missing: whole zips, or the parts that are
distributed.

Usage: python local/voxceleb/unpack_zips.py --data-root DIR
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from zip_parts import audio_names, unpack

from speakernet.bin.cli import run

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Archive:
    """Patterns of an archive's files, where its content goes, and a folder that shows it is
    unpacked.
    """

    whole: str
    parts: str
    folder: str
    tree: str


_ARCHIVES = (
    _Archive("vox1_dev_wav.zip", "vox1_dev_wav_part*", "voxceleb1/dev", "voxceleb1/dev/wav"),
    _Archive("vox1_test_wav.zip", "vox1_test_wav_part*", "voxceleb1/test", "voxceleb1/test/wav"),
    _Archive("vox2_dev_aac.zip", "vox2_dev_aac_part*", "voxceleb2", "voxceleb2/dev/aac"),
)
_FOLDERS = (".", "voxceleb1", "voxceleb2", "VoxCeleb1", "VoxCeleb2", "vox1", "vox2")


def main(argv: Sequence[str] | None = None) -> int:
    """Unpack each archive that is there and whose unpacking has not ended well before."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-root", type=Path, required=True)
    parser.add_argument("--nj", type=int, default=4)
    arguments = parser.parse_args(argv)
    for archive in _ARCHIVES:
        parts = find_parts(arguments.data_root, archive)
        folder = arguments.data_root / archive.folder
        marker = folder / ".unpacking"
        if not parts or ((arguments.data_root / archive.tree).is_dir() and not marker.exists()):
            continue
        names = audio_names(parts)
        folder.mkdir(parents=True, exist_ok=True)
        marker.touch()
        unpack(parts, names, folder, arguments.nj)
        marker.unlink()
        logger.info("%s: %d files unpacked to %s", archive.whole, len(names), folder)
    return 0


def find_parts(data_root: Path, archive: _Archive) -> list[Path]:
    """Return the zip, or its parts in order; an empty list if neither is there."""
    for pattern in (archive.whole, archive.parts):
        for folder in _FOLDERS:
            found = sorted((data_root / folder).glob(pattern))
            if found:
                return found
    return []


if __name__ == "__main__":
    run(main)
