"""Recordings that a command names: files, a list of their names, tables of Kaldi."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from speakernet.config import UserError
from speakernet.kaldi.tables import iter_table
from speakernet.kaldi.wav_scp import Utterance, iter_utterances
from speakernet.model.embedding_runs import RecordingSource

_MAX_NAME_BYTES = 1 << 16


def file_sources(paths: Iterable[str | os.PathLike[str]]) -> list[RecordingSource]:
    """Return the sources of files, called by their paths."""
    return [RecordingSource(os.fspath(path), path) for path in paths]


def listed_names(lines: Iterable[bytes], place: str) -> list[str]:
    """Return the names of files in ``lines``, one in each; empty lines are skipped.

    Raises UserError for a line that is no name.
    """
    names = []
    for number, line in enumerate(lines, start=1):
        name = line.rstrip(b"\r\n")
        if b"\0" in name or len(name) > _MAX_NAME_BYTES:
            raise UserError(f"{place}:{number}: found no name of a file; expected one in each line")
        if name:
            names.append(os.fsdecode(name))
    return names


def files_below(paths: Iterable[Path]) -> list[Path]:
    """Return files as they are given, and those below folders, sorted, without hidden ones.

    Raises UserError for a path that is not there, and for a folder without files.
    """
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            found.append(path)
            continue
        below = (each for each in path.rglob("*") if each.is_file())
        inside = [f for f in below if not any(p.startswith(".") for p in f.relative_to(path).parts)]
        if not inside:
            raise UserError(f"{path}: has no files; expected recordings")
        found += sorted(inside)
    return found


def table_sources(scp: Path) -> list[RecordingSource]:
    """Return the sources of a wav.scp. Raises UserError for lines that are malformed."""
    lines = enumerate(iter_table(scp), start=1)
    return _sources(Utterance(n, entry, f"{scp}:{line}") for line, (n, entry) in lines)


def data_dir_sources(folder: Path) -> list[RecordingSource]:
    """Return the sources of a data directory: wav.scp, or segments of it. Raises UserError."""
    return _sources(iter_utterances(folder))


def _sources(utterances: Iterable[Utterance]) -> list[RecordingSource]:
    return [RecordingSource(each.name, each, utterance=each.name) for each in utterances]


def collect(
    paths: Sequence[str], data_dir: Path | None, scp: Path | None, lines: Iterable[bytes]
) -> list[RecordingSource]:
    """Return all sources of a command; a path that is ``-`` stands for the names in ``lines``.

    Raises UserError where there are none.
    """
    sources = file_sources(path for path in paths if path != "-")
    if "-" in paths:
        sources += file_sources(listed_names(lines, "standard input"))
    if data_dir is not None:
        sources += data_dir_sources(data_dir)
    if scp is not None:
        sources += table_sources(scp)
    if not sources:
        raise UserError("there are no recordings; expected FILES, --data-dir DIR or --scp FILE")
    return sources
