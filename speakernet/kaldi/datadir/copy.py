"""Copy a data directory under other utterance and speaker ids."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from speakernet.config import UserError
from speakernet.kaldi.datadir.filtering import copy_single_files
from speakernet.kaldi.datadir.fix import in_order
from speakernet.kaldi.datadir.layout import (
    existing_tables,
    speaker_tables,
    utterance_tables,
)
from speakernet.kaldi.datadir.speakers import write_spk2utt
from speakernet.kaldi.tables import iter_ids, iter_pair_blocks
from speakernet.work.files import folder_for_replace, open_for_replace, scratch_folder

logger = logging.getLogger(__name__)

Affix = tuple[bytes, bytes]
_NOTHING = (b"", b"")


@dataclass(frozen=True)
class Affixes:
    """What is put before and after the ids of utterances and speakers."""

    utt_prefix: str = ""
    utt_suffix: str = ""
    spk_prefix: str = ""
    spk_suffix: str = ""

    @property
    def utterance(self) -> Affix:
        """Prefix and suffix of utterances."""
        return self.utt_prefix.encode(), self.utt_suffix.encode()

    @property
    def speaker(self) -> Affix:
        """Prefix and suffix of speakers."""
        return self.spk_prefix.encode(), self.spk_suffix.encode()


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
        affix = {name: affixes.utterance for name in utterance_tables(tables)}
        affix |= {name: affixes.speaker for name in speaker_tables(tables)}
        for name, file in tables.items():
            value_affix = affixes.speaker if name == "utt2spk" else _NOTHING
            _rename(file, folder / name, affix.get(name, _NOTHING), value_affix)
        if "utt2uniq" not in tables and affixes.utterance != _NOTHING:
            _write_utt2uniq(tables["utt2spk"], folder / "utt2uniq", affixes.utterance)
        for file in list(folder.iterdir()):
            if file != work:
                # A suffix can change the order: 'a' < 'a-b', but 'a_x' > 'a-b_x'.
                in_order(file, work).replace(file)
        write_spk2utt(folder / "utt2spk", folder / "spk2utt")
        copy_single_files(source, folder)


def _rename(source: Path, target: Path, key: Affix, value: Affix) -> None:
    (before, after), (value_before, value_after) = key, value
    middle = after + b" " + value_before
    end = value_after + b"\n"
    with open_for_replace(target) as file:
        for _, ids, values in iter_pair_blocks(source):
            pairs = zip(ids, values, strict=True)
            file.writelines([b"".join((before, i, middle, v, end)) for i, v in pairs])


def _write_utt2uniq(utt2spk: Path, target: Path, affix: Affix) -> None:
    with open_for_replace(target) as file:
        for utterance in iter_ids(utt2spk):
            file.write(b"%b%b%b %b\n" % (affix[0], utterance, affix[1], utterance))
