"""VoxCeleb's trees in a data root, whatever they are called: folders with ``<speaker>/<video>/
<name>.{wav,m4a}``, found and listed.

An utterance's id is ``<speaker>/<video>/<name>.wav`` whatever the file's format, as in the official
trial lists. Folders are listed by threads, since a million files lie in 180,000 of them and network
file systems answer slowly; no process is started per file.
"""

from __future__ import annotations

import itertools
import logging
import os
import re
import shlex
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from vox_parts import SUFFIXES, is_speaker, part_of

from speakernet.config import UserError

logger = logging.getLogger(__name__)

_M4A = "ffmpeg -nostdin -v error -i {} -ac 1 -ar 16000 -f wav -acodec pcm_s16le - |"
_MAX_DEPTH = 4
# Folders above speakers; others of a data root may have millions of files of something else.
_ABOVE = re.compile(r"(?i).*vox.*|dev|test|train|wavs?|aac|m4a|audio|data|raw.*")
_NO_TREES = ("voxceleb1_cd", "VoxSRC2022_dev")  # of VoxSRC's lists


class Utterance(NamedTuple):
    """One audio file: its id, its speaker and its value in ``wav.scp``."""

    utt: str
    speaker: str
    entry: str


@dataclass(frozen=True)
class Tree:
    """A folder of speakers, and those of them that belong to one part of the corpus."""

    path: Path
    speakers: frozenset[str]

    @property
    def is_wav(self) -> bool:
        """Whether its first file that is audio is not compressed."""
        some = min(self.speakers, default="")
        files = (file for video in _folders(self.path / some) for file in os.scandir(video))
        suffixes = (os.path.splitext(file.name)[1].lower() for file in files)
        return next((s for s in suffixes if s in SUFFIXES), ".m4a") == ".wav"


def find_trees(data_root: Path, vox2_parts: Mapping[str, str]) -> dict[str, list[Tree]]:
    """Return the trees of each part of the corpus. Of two with the same speakers, as those of
    compressed files and of files made from them, the more complete is taken, or else that of wav.
    """
    found: dict[str, list[Tree]] = defaultdict(list)
    for folder, speakers in _speaker_folders(data_root, 0):
        place = os.path.relpath(folder, data_root)
        of_part: dict[str, set[str]] = defaultdict(set)
        for speaker in speakers:
            of_part[part_of(speaker, place, vox2_parts)].add(speaker)
        for part, members in of_part.items():
            found[part].append(Tree(folder, frozenset(members)))
    return {part: _choose(trees) for part, trees in found.items()}


def _choose(trees: Sequence[Tree]) -> list[Tree]:
    chosen: list[Tree] = []
    ranked = sorted(trees, key=lambda tree: (-len(tree.speakers), not tree.is_wav, tree.path))
    for tree in ranked:
        other = next((c for c in chosen if c.speakers & tree.speakers), None)
        if other is None:
            chosen.append(tree)
        else:
            logger.info("%s is not used, as %s has its speakers", tree.path, other.path)
    return chosen


def _speaker_folders(folder: Path, depth: int) -> Iterator[tuple[Path, list[str]]]:
    """Yield folders with speakers, and their names; below speakers there are none."""
    names = [entry.name for entry in _folders(folder)]
    speakers = [name for name in names if is_speaker(name)]
    if speakers:
        yield folder, speakers
    if depth < _MAX_DEPTH:
        for name in sorted(names):
            if _ABOVE.fullmatch(name) and name not in _NO_TREES:
                yield from _speaker_folders(folder / name, depth + 1)


def _folders(folder: Path) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if not entry.name.startswith(".") and entry.is_dir():
                yield entry


def list_trees(trees: Iterable[Tree], num_threads: int) -> list[Utterance]:
    """Return all utterances of the trees, sorted by id; an id found twice is a UserError.

    Files that are no audio are counted in a message, among them the ``._`` files of macOS.
    """
    places = [(tree.path / s, s) for tree in trees for s in sorted(tree.speakers)]
    with ThreadPoolExecutor(num_threads) as pool:
        found = list(pool.map(lambda place: list(_list_speaker(*place)), places))
    members = list(itertools.chain.from_iterable(found))
    utterances = sorted((u for u in members if isinstance(u, Utterance)), key=lambda u: u.utt)
    _log_others(members)
    for left, right in itertools.pairwise(utterances):
        if left.utt == right.utt:
            raise UserError(f"utterance {left.utt} lies in two places: {left.entry}, {right.entry}")
    return utterances


def _log_others(members: Collection[Utterance | str]) -> None:
    others = Counter(kind for kind in members if isinstance(kind, str))
    if others:
        kinds = ", ".join(f"{count} {kind}" for kind, count in others.most_common())
        logger.warning("%d files are no audio and left out: %s", others.total(), kinds)


def _list_speaker(folder: Path, speaker: str) -> Iterator[Utterance | str]:
    """Yield the speaker's utterances, and of every other file how its kind is called."""
    for video in _folders(folder):
        for file in os.scandir(video.path):
            stem, suffix = os.path.splitext(file.name)
            if file.name.startswith("."):
                yield "._* of macOS" if file.name.startswith("._") else ".*"
            elif suffix.lower() in SUFFIXES:
                yield Utterance(f"{speaker}/{video.name}/{stem}.wav", speaker, entry_of(file.path))
            else:
                yield f"*{suffix}"


def entry_of(path: str) -> str:
    """Return what stands for an audio file in ``wav.scp``: compressed ones as in Kaldi's recipe."""
    return _M4A.format(shlex.quote(path)) if path.lower().endswith(".m4a") else path
