"""Files that somebody has in a folder: which may hold audio, and what is wrong with one that does
not.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from speakernet.audio.notes import examine
from speakernet.audio.reader import AudioReader
from speakernet.config.errors import UserError, reason_of
from speakernet.kaldi.shell import in_quotes
from speakernet.work.record import digest_of_file

SUFFIXES = frozenset(
    (".3gp", ".aac", ".aif", ".aifc", ".aiff", ".amr", ".ape", ".au", ".caf", ".flac", ".m4a",
     ".m4b", ".mka", ".mkv", ".mov", ".mp3", ".mp4", ".oga", ".ogg", ".opus", ".rf64", ".spx",
     ".w64", ".wav", ".wave", ".webm", ".wma", ".wv")
)  # fmt: skip
"""What names of audio files end in. The reader goes by their content."""
MIN_S = 0.5
"""Recordings below this say too little of a speaker."""
# What an entry of wav.scp means if it is no name: a command, a place in an archive.
_OTHER_ENTRY = re.compile(r"^[| \t-].*|.*[| \t]$|.*:[0-9]+$")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


class Inspected(NamedTuple):
    """A file that was decoded: its length, why it cannot be used ("" if it can), its digest."""

    duration_s: float
    problem: str
    digest: str = ""


def iter_files(root: Path) -> Iterator[Path]:
    """Yield the files below a folder in the order of their names, hidden ones too.

    Links are followed, but never to a folder that is being gone through. Raises UserError for a
    folder that cannot be read.
    """
    yield from _iter_files(root, frozenset())


def _iter_files(folder: Path, above: frozenset[str]) -> Iterator[Path]:
    real = os.path.realpath(folder)
    if real in above:
        return
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        raise UserError(f"{folder}: cannot be read: {reason_of(error)}") from None
    for entry in entries:
        if entry.is_dir():
            yield from _iter_files(folder / entry.name, above | {real})
        else:
            yield folder / entry.name


def no_audio(path: Path) -> str:
    """Return what a file is whose name says that it holds no audio; "" for one that may."""
    if path.name.startswith("."):
        return "hidden (._* of macOS)" if path.name.startswith("._") else "hidden (.*)"
    if path.suffix.lower() not in SUFFIXES:
        return f"not named as audio (*{path.suffix})"
    return "its name has control characters" if _CONTROL.search(str(path)) else ""


def entry_of(path: Path) -> str:
    """Return the entry of ``wav.scp`` that reads a file, whatever its name looks like."""
    text = str(path)
    return f"cat {in_quotes(os.path.abspath(text))} |" if _OTHER_ENTRY.match(text) else text


def inspect(path: Path, *, with_digest: bool = False) -> Inspected:
    """Decode a file, with the mean of its channels, and say what is wrong with it.

    ``with_digest``: of its bytes, too, to find copies.
    """
    try:
        if not os.stat(path).st_size:
            return Inspected(0.0, "empty")
        waveform = AudioReader(channel="average").read(entry_of(path))
        digest = digest_of_file(path) if with_digest else ""
    except OSError as error:
        return Inspected(0.0, f"cannot be read: {reason_of(error)}")
    except UserError as error:
        reason = str(error).removeprefix(f"{path}: ").removeprefix("cannot be read: ")
        return Inspected(0.0, f"cannot be read: {reason}")
    except Exception as error:  # of a library: one file must not end the work on all others
        return Inspected(0.0, f"cannot be read: {type(error).__name__}")
    duration_s = len(waveform) / 16_000
    notes = {note.kind: note for note in examine(waveform, duration_s, MIN_S)}
    found = notes.get("short") or notes.get("silent")
    return Inspected(duration_s, found.text if found else "", digest)
