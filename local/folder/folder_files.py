"""The recordings of a folder: ``<speaker>/**/<name>.<suffix>``, or what a CSV beside them lists."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from speakernet.prepare.audio_files import iter_files, no_audio

# Beside the speakers: what stage 2 makes copies with.
NOT_SPEAKERS = ("musan", "RIRS_NOISES", "noises", "music")


class Source(NamedTuple):
    """A recording, or a part of one in seconds: whose it is, and what its folder or CSV says.

    name: unique among the speaker's, unless the same part of a file is listed twice. session:
    empty if nothing tells. split: "train", "test" or empty.
    """

    speaker: str
    name: str
    path: Path
    session: str = ""
    split: str = ""
    start_s: float | None = None
    end_s: float | None = None


class LeftOut(NamedTuple):
    """A file that is not used, and why."""

    path: Path
    reason: str


def find_recordings(root: Path) -> tuple[list[Source], list[LeftOut]]:
    """Return the recordings of the folders of speakers in ``root``, and all other files.

    A session is a folder directly in that of the speaker.
    """
    found, left_out = [], []
    for entry in sorted(root.iterdir()):
        if not entry.is_dir():
            reason = no_audio(entry) or "not in the folder of a speaker"
            left_out.append(LeftOut(entry, reason))
        elif entry.name.startswith("."):
            left_out.append(LeftOut(entry, "hidden (.*)"))
        elif entry.name not in NOT_SPEAKERS:
            for path in iter_files(entry):
                if reason := no_audio(path):
                    left_out.append(LeftOut(path, reason))
                else:
                    found.append(_source(path, entry))
    return found, left_out


def _source(path: Path, speaker: Path) -> Source:
    inside = path.relative_to(speaker)
    session = inside.parts[0] if len(inside.parts) > 1 else ""
    return Source(speaker.name, str(inside.with_suffix("")), path, session)
