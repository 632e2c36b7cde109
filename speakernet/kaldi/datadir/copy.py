"""Copy a data directory under other utterance and speaker ids."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from speakernet.config import UserError
from speakernet.kaldi.datadir.filtering import copy_single_files
from speakernet.kaldi.datadir.fix import in_order
from speakernet.kaldi.datadir.layout import (
    existing_tables,
    recording_tables,
    speaker_tables,
    utterance_tables,
)
from speakernet.kaldi.datadir.speakers import write_spk2utt
from speakernet.kaldi.files import folder_for_replace, open_for_replace, scratch_folder
from speakernet.kaldi.tables import iter_fields

logger = logging.getLogger(__name__)

Rename = Callable[[bytes], bytes]


@dataclass(frozen=True)
class Affixes:
    """What is put before and after the ids of utterances and speakers."""

    utt_prefix: str = ""
    utt_suffix: str = ""
    spk_prefix: str = ""
    spk_suffix: str = ""

    def utterance(self, key: bytes) -> bytes:
        """Return the new id of an utterance."""
        return self.utt_prefix.encode() + key + self.utt_suffix.encode()

    def speaker(self, key: bytes) -> bytes:
        """Return the new id of a speaker."""
        return self.spk_prefix.encode() + key + self.spk_suffix.encode()


def copy(source: Path, target: Path, affixes: Affixes | None = None) -> None:
    """Copy a data directory, renaming utterances and speakers.

    Where utterances are renamed, utt2uniq says what each was (or keeps saying so). Recordings of
    a directory with segments keep their ids. Raises UserError for an affix with white space.
    """
    affixes = affixes or Affixes()
    if any(character.isspace() for text in vars(affixes).values() for character in text):
        raise UserError(f"{target}: white space in a prefix or suffix of ids")
    if source.resolve() == target.resolve():
        raise UserError(f"{target}: is both source and destination")
    tables = existing_tables(source)
    with folder_for_replace(target) as folder, scratch_folder(folder / ".work") as work:
        renames: dict[str, tuple[Rename, Rename]] = {
            name: (affixes.utterance, affixes.speaker if name == "utt2spk" else bytes)
            for name in utterance_tables(tables)
        }
        renames |= {name: (affixes.speaker, bytes) for name in speaker_tables(tables)}
        renames |= {name: (bytes, bytes) for name in recording_tables(tables)}
        for name, (key, value) in renames.items():
            _rename(tables[name], folder / name, work, key, value)
        if "utt2uniq" not in tables and affixes.utterance(b""):
            _rename_to_itself(tables["utt2spk"], folder / "utt2uniq", work, affixes.utterance)
        write_spk2utt(folder / "utt2spk", folder / "spk2utt")
        copy_single_files(source, folder)


def _rename(source: Path, target: Path, work: Path, key: Rename, value: Rename) -> None:
    with open_for_replace(target) as file:
        for _, fields in iter_fields(source):
            file.write(b"%b %b\n" % (key(fields[0]), value(fields[1])))
    _sort(target, work)


def _rename_to_itself(utt2spk: Path, target: Path, work: Path, key: Rename) -> None:
    with open_for_replace(target) as file:
        for _, (utterance, _) in iter_fields(utt2spk, num_fields=2):
            file.write(b"%b %b\n" % (key(utterance), utterance))
    _sort(target, work)


def _sort(path: Path, work: Path) -> None:
    """Put a table in order: a suffix can change it ('a' < 'a-b', but 'a_x' > 'a-b_x')."""
    in_order(path, work).replace(path)
