"""What VoxCeleb consists of: its parts, how large they are, and the sets that are made of them."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from speakernet.config.files import read_text

VOX1_SPEAKERS = range(10001, 11252)
"""All of VoxCeleb1; VoxCeleb2's numbers are smaller."""
_VOX1_TEST = range(10270, 10310)
NOISES = ("musan", "RIRS_NOISES")
PARTS = ("voxceleb1/dev", "voxceleb1/test", "voxceleb2/dev", "voxceleb2/test")
SUFFIXES = (".wav", ".m4a")


@dataclass(frozen=True)
class Set:
    """A set: its parts, and how many speakers and utterances they have together."""

    parts: tuple[str, ...]
    num_speakers: int
    num_utterances: int


SETS = {
    "voxceleb1": Set(PARTS[:2], 1251, 153516),
    "voxceleb1_dev": Set(PARTS[:1], 1211, 148642),
    "voxceleb2_dev": Set(PARTS[2:3], 5994, 1092009),
    "voxceleb2": Set(PARTS[2:], 6112, 1128246),
    "voxceleb12_dev": Set((PARTS[0], PARTS[2]), 7205, 1240651),
    "voxceleb12": Set((PARTS[0], *PARTS[2:]), 7323, 1276888),
}
"""VoxCeleb1's test speakers are in none that is for training."""


def part_of(speaker: str, folder: str, known: Mapping[str, str]) -> str:
    """Return the part that a speaker belongs to.

    VoxCeleb1's are known by number, VoxCeleb2's by its official table (``read_vox2_parts``), or
    else by the ``folder`` that they lie in, relative to the data root.
    """
    number = int(speaker[2:])
    if number in VOX1_SPEAKERS:
        return PARTS[number in _VOX1_TEST]
    is_test = "test" in folder.lower()
    return known.get(speaker, PARTS[2 + is_test])


def read_vox2_parts(data_root: Path) -> dict[str, str]:
    """Return the parts of VoxCeleb2's speakers by ``vox2_meta.csv``; nothing if it is not there.

    Its fields have blanks around them; the second column has the id in the oldest edition.
    """
    path = find_file(data_root, ("vox2_meta.csv",))
    parts = {}
    for row in csv.reader(read_text(path).splitlines()) if path else ():
        fields = [field.strip() for field in row]
        if len(fields) >= 2 and is_speaker(fields[0]) and fields[-1] in ("dev", "test"):
            parts[fields[0]] = f"voxceleb2/{fields[-1]}"
    return parts


def is_speaker(name: str) -> bool:
    """Return whether a folder is one of a speaker's recordings: ``id10270``."""
    return len(name) == 7 and name.startswith("id") and name[2:].isdecimal() and name.isascii()


FOLDERS = (
    ".", "voxceleb1", "voxceleb2", "VoxCeleb1", "VoxCeleb2", "vox1", "vox2", "lists", "meta",
    "trials", "voxceleb1_test", "voxsrc", "VoxSRC",
)  # fmt: skip
"""Where lists and archives lie, relative to the data root."""


def find_file(data_root: Path, names: tuple[str, ...]) -> Path | None:
    """Return the first file of these names in the usual folders."""
    places = (data_root / folder / name for name in names for folder in FOLDERS)
    return next((path for path in places if path.is_file()), None)
