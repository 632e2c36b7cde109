"""Copies of a data dir under other utterance ids, as the augmentation scripts make them."""

import os
import subprocess
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from speakernet.kaldi.tables import iter_table
from speakernet.work.files import open_for_replace

# Tables whose first field is an utterance, a recording or a speaker; what follows stays.
_BY_UTTERANCE = ("text", "utt2lang", "utt2dur", "utt2num_frames", "utt2session", "vad.scp")
_BY_RECORDING = ("reco2dur",)
_BY_SPEAKER = ("spk2gender",)


class Naming(NamedTuple):
    """How the ids of a copy are made: ``prefix + id + suffix``, speakers only if asked for."""

    prefix: str = ""
    suffix: str = ""
    speakers: bool = False

    def utterance(self, name: str) -> str:
        """Return the copy's id of an utterance or recording."""
        return f"{self.prefix}{name}{self.suffix}"

    def speaker(self, name: str) -> str:
        """Return the copy's id of a speaker."""
        return self.utterance(name) if self.speakers else name


def write_sorted_table(path: Path, items: Iterable[tuple[str, str]]) -> None:
    """Write ``id value`` lines, sorted by id in the C locale's order even if ``items`` are not."""
    in_order, previous = True, b""
    with open_for_replace(path) as file:
        for key, value in items:
            line = f"{key} {value}\n".encode()
            file.write(line)
            key_bytes = key.encode()
            in_order = in_order and previous < key_bytes
            previous = key_bytes
    if not in_order:
        # A longer id may come before a shorter one once both have a suffix.
        temporary = path.with_name(path.name + ".tmp")
        command = ["sort", "-t", " ", "-k1,1", "-o", str(temporary), str(path)]
        subprocess.run(command, env={**os.environ, "LC_ALL": "C"}, check=True)
        os.replace(temporary, path)


def copy_tables(
    source: Path, target: Path, naming: Naming, keep: Callable[[str], bool] = lambda name: True
) -> None:
    """Write all tables but ``wav.scp`` and ``spk2utt`` of ``source`` under new ids to ``target``.

    Utterances (and recordings) for which ``keep`` is false are left out. ``utt2uniq`` maps to the
    utterance that a chain of copies began with.
    """
    speakers = {speaker for name, speaker in iter_table(source / "utt2spk") if keep(name)}
    tables = {
        "utt2spk": _rows(source / "utt2spk", naming.utterance, naming.speaker, keep),
        "utt2uniq": _unique(source, naming, keep),
        "segments": _segments(source / "segments", naming, keep),
        **{name: _rows(source / name, naming.utterance, str, keep) for name in _BY_UTTERANCE},
        **{name: _rows(source / name, naming.utterance, str, keep) for name in _BY_RECORDING},
        **{
            name: _rows(source / name, naming.speaker, str, speakers.__contains__)
            for name in _BY_SPEAKER
        },
    }
    for name, rows in tables.items():
        if (source / name).exists() or name == "utt2uniq":
            write_sorted_table(target / name, rows)


def _rows(
    path: Path,
    rename: Callable[[str], str],
    rename_value: Callable[[str], str],
    keep: Callable[[str], bool] = lambda name: True,
) -> Iterator[tuple[str, str]]:
    return ((rename(key), rename_value(value)) for key, value in iter_table(path) if keep(key))


def _unique(source: Path, naming: Naming, keep: Callable[[str], bool]) -> Iterator[tuple[str, str]]:
    if (source / "utt2uniq").exists():
        yield from _rows(source / "utt2uniq", naming.utterance, str, keep)
    else:
        for name, _ in iter_table(source / "utt2spk"):
            if keep(name):
                yield naming.utterance(name), name


def _segments(path: Path, naming: Naming, keep: Callable[[str], bool]) -> Iterator[tuple[str, str]]:
    for name, value in iter_table(path, num_fields=4):
        recording, times = value.split(" ", 1)
        if keep(name):
            yield naming.utterance(name), f"{naming.utterance(recording)} {times}"
