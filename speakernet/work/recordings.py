"""The files that the entries of a ``wav.scp`` name: what its recordings depend on.

Commands are not understood here, only searched for words that look like paths.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from speakernet.config.files import open_input

_ARCHIVE = re.compile(r"(.+):\d+")
_PATH = re.compile(r".*/.*|.+\.[A-Za-z][A-Za-z0-9]{1,4}", re.DOTALL)
_QUOTES = re.compile(r"""['"\\]""")
_QUOTED = re.compile(r"""'([^']*)'|"([^"\\]*)\"""")
_WORD = re.compile(r"""(?:[^ \t\r\n'"]|'[^']*'|"[^"]*")+""")


def recording_files(scp: Path) -> Iterator[str]:
    """Yield the files of each line of ``scp``, in their order. Raises UserError if it is none."""
    with open_input(scp) as file:
        for line in file:
            yield from _files(os.fsdecode(b" ".join(line.strip().split(None, 1)[1:])))


def _files(entry: str) -> Iterator[str]:
    if not entry.endswith("|"):
        yield _file(entry)
        return
    words = _words(entry)
    for before, word in zip(("|", *words), words, strict=False):
        if before != "|" and not word.startswith("-") and _PATH.fullmatch(word):
            yield _file(word)


def _file(place: str) -> str:
    archive = _ARCHIVE.fullmatch(place)
    return archive[1] if archive else place


def _words(command: str) -> list[str]:
    """Return the words of a command as shlex.split does, which takes twenty times as long."""
    if not _QUOTES.search(command):
        return command.split()
    if not _QUOTES.search(_QUOTED.sub("", command)):
        return [_QUOTED.sub(r"\1\2", word) for word in _WORD.findall(command)]
    try:
        return shlex.split(command)
    except ValueError:
        return command.split()
