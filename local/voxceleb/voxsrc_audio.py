"""The recordings beyond VoxCeleb1 that the lists of VoxSRC-2020 and -2022 name, where they are."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from trees import Utterance, entry_of
from vox_parts import FOLDERS, SUFFIXES

_PLACES = {"trials_voxsrc20_dev": "voxceleb1_cd", "trials_voxsrc22_dev": "VoxSRC2022_dev"}


def list_voxsrc(data_root: Path, lists: Mapping[str, Path]) -> list[Utterance]:
    """Return the recordings that go with the lists.

    Those of 2022 have no speakers; each is taken for one of its own.
    """
    utterances: list[Utterance] = []
    for name, place in _PLACES.items():
        folders = [data_root / folder / place for folder in FOLDERS]
        folder = next((each for each in folders if each.is_dir()), None)
        if name in lists and folder is not None:
            utterances += _list_folder(folder)
    return utterances


def _list_folder(folder: Path) -> Iterator[Utterance]:
    for place, _, files in os.walk(folder):
        for file in sorted(files):
            stem, suffix = os.path.splitext(file)
            if suffix.lower() not in SUFFIXES or file.startswith("."):
                continue
            path = os.path.join(place, file)
            speaker = os.path.relpath(place, folder)
            if speaker == ".":  # of 2022
                utt = f"{folder.name}/{stem}.wav"
                yield Utterance(utt, utt, entry_of(path))
            else:
                yield Utterance(f"{speaker}/{folder.name}/{stem}.wav", speaker, entry_of(path))
