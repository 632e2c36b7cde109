"""Extracted VoxCeleb trees: ``<root>/<speaker>/<video>/<name>.{wav,m4a}``, found and listed.

An utterance's id is ``<speaker>/<video>/<name>.wav`` whatever the file's format, as in the official
trial lists. Folders are listed by threads, since a million files lie in 180,000 of them and network
file systems answer slowly; no process is started per file.
"""

from __future__ import annotations

import itertools
import logging
import os
import shlex
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from speakernet.config import UserError

logger = logging.getLogger(__name__)

_M4A = "ffmpeg -nostdin -v error -i {} -ac 1 -ar 16000 -f wav -acodec pcm_s16le - |"


@dataclass(frozen=True)
class Utterance:
    """One audio file: its id, its speaker and its value in ``wav.scp``."""

    utt: str
    speaker: str
    entry: str


def list_tree(roots: Iterable[Path], num_threads: int) -> list[Utterance]:
    """Return all utterances below the roots, sorted by id; an id found twice is a UserError.

    Files that are no audio are counted in a message, among them the ``._`` files of macOS.
    """
    entries = (entry for root in roots for entry in os.scandir(root))
    speakers = [(entry.path, entry.name) for entry in entries if _is_speaker(entry)]
    with ThreadPoolExecutor(num_threads) as pool:
        found = list(pool.map(lambda speaker: list(_list_speaker(*speaker)), speakers))
    members = list(itertools.chain.from_iterable(found))
    utterances = sorted((u for u in members if isinstance(u, Utterance)), key=lambda u: u.utt)
    others = Counter(kind for kind in members if isinstance(kind, str))
    if others:
        kinds = ", ".join(f"{count} {kind}" for kind, count in others.most_common())
        logger.warning("%d files are no audio and left out: %s", others.total(), kinds)
    for left, right in itertools.pairwise(utterances):
        if left.utt == right.utt:
            raise UserError(f"utterance {left.utt} lies in two places: {left.entry}, {right.entry}")
    return utterances


def _is_speaker(entry: os.DirEntry[str]) -> bool:
    return entry.is_dir() and entry.name.startswith("id") and entry.name[2:].isdecimal()


def _list_speaker(folder: str, speaker: str) -> Iterator[Utterance | str]:
    """Yield the speaker's utterances, and of every other file how its kind is called."""
    for video in os.scandir(folder):
        if not video.is_dir():
            continue
        for file in os.scandir(video.path):
            stem, suffix = os.path.splitext(file.name)
            if file.name.startswith("."):
                yield "._* of macOS" if file.name.startswith("._") else ".*"
            elif suffix.lower() in (".wav", ".m4a"):
                yield Utterance(f"{speaker}/{video.name}/{stem}.wav", speaker, _entry(file.path))
            else:
                yield f"*{suffix}"


def _entry(path: str) -> str:
    return _M4A.format(shlex.quote(path)) if path.lower().endswith(".m4a") else path
