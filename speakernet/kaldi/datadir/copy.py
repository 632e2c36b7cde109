"""Copy a data directory under other ids, with its audio or with other audio.

The one way to copy: utils/copy_data_dir.sh and the scripts that add noise, put speech into rooms or
change its speed all end here. What becomes of each table stands in ``layout.TABLES``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path

from speakernet.config import UserError
from speakernet.config.numbers import parse_number
from speakernet.kaldi.characters import is_visible, spelled
from speakernet.kaldi.datadir.filtering import copy_frame_shift, restrict
from speakernet.kaldi.datadir.layout import (
    TABLES,
    AudioChange,
    Id,
    Table,
    Tables,
    existing_tables,
    require_file,
)
from speakernet.kaldi.datadir.sorting import ids_ascend, sort_table
from speakernet.kaldi.datadir.speakers import write_spk2utt
from speakernet.kaldi.datadir.validate import validate
from speakernet.kaldi.tables import iter_ids, iter_pair_blocks
from speakernet.work.files import folder_for_replace, open_for_replace, scratch_folder

Affix = tuple[bytes, bytes]
_NOTHING = (b"", b"")


@dataclass(frozen=True)
class Affixes:
    """What is put before and after the ids of utterances and speakers.

    Recordings follow utterances where the audio is another, and where they are the utterances;
    otherwise they are the source's and keep their ids.
    """

    utt_prefix: str = ""
    utt_suffix: str = ""
    spk_prefix: str = ""
    spk_suffix: str = ""

    def by_kind(self, *, recordings: bool) -> dict[Id | None, Affix]:
        """Return prefix and suffix of each kind of id; ``recordings`` says that they follow."""
        utterance = self.utt_prefix.encode(), self.utt_suffix.encode()
        speaker = self.spk_prefix.encode(), self.spk_suffix.encode()
        recording = utterance if recordings else _NOTHING
        return {
            Id.UTTERANCE: utterance,
            Id.RECORDING: recording,
            Id.SPEAKER: speaker,
            None: _NOTHING,
        }


@dataclass(frozen=True)
class NewAudio:
    """Another audio for a copy.

    ``entries`` are the lines of its wav.scp under the source's ids and in the source's order,
    ``audio`` says how it differs (``SAME``: it only lies elsewhere), ``speed`` is the factor by
    which it is faster.
    """

    entries: Iterable[tuple[str, str]]
    audio: AudioChange = AudioChange.SAME_LENGTH
    speed: float = 1.0


@dataclass(frozen=True)
class _Change:
    """What a copy does to the lines of any table."""

    affixes: dict[Id | None, Affix]
    audio: AudioChange
    speed: float


def copy(
    source: Path,
    target: Path,
    affixes: Affixes | None = None,
    *,
    new: NewAudio | None = None,
    keep: AbstractSet[bytes] | None = None,
) -> None:
    """Write the data directory ``target``, as a whole or not at all.

    ``keep`` restricts it to some of the source's utterances. utt2uniq says what a renamed utterance
    was, or keeps saying what the source's was made from. A copy with new audio is validated. Raises
    UserError for a source without utt2spk (with new audio, wav.scp), for an affix with white space,
    and for a copy that would not be valid.
    """
    affixes = affixes or Affixes()
    _check_arguments(source, target, affixes)
    tables = existing_tables(source)
    if new is not None:
        require_file(source / "wav.scp")
    change = _Change(
        affixes.by_kind(recordings=new is not None or "segments" not in tables),
        AudioChange.SAME if new is None else new.audio,
        1.0 if new is None else new.speed,
    )
    with folder_for_replace(target) as folder, scratch_folder(folder / ".work") as work:
        kept = tables if keep is None else restrict(tables, work, keep)
        _write_tables(kept, folder, change)
        if new is not None:
            recordings = None if keep is None else set(iter_ids(kept["wav.scp"]))
            _write_wav_scp(folder / "wav.scp", new.entries, change, recordings)
        is_other = change.audio > AudioChange.SAME or change.affixes[Id.UTTERANCE] != _NOTHING
        if "utt2uniq" not in tables and is_other:
            _write_utt2uniq(kept["utt2spk"], folder / "utt2uniq", change.affixes[Id.UTTERANCE])
        _complete(source, folder, change)
        if new is not None:
            _validate(folder, target)


def _check_arguments(source: Path, target: Path, affixes: Affixes) -> None:
    for text in vars(affixes).values():
        if " " in text or not is_visible(text):
            raise UserError(
                f"{target}: white space in the prefix or suffix '{spelled(text)}' of ids"
            )
    if source.resolve() == target.resolve():
        raise UserError(f"{target}: is both source and destination")


def _write_tables(tables: Tables, folder: Path, change: _Change) -> None:
    for table in TABLES:
        if table.name in tables and change.audio <= table.audio:
            with open_for_replace(folder / table.name) as file:
                for lines in _changed_lines(tables[table.name], table, change):
                    file.writelines(lines)


def _changed_lines(path: Path, table: Table, change: _Change) -> Iterator[list[bytes]]:
    """Yield the copy's lines, block after block."""
    before, after = change.affixes[table.key]
    is_scaled = table.num_times > 0 and change.audio == AudioChange.OTHER_SPEED
    for first, ids, values in iter_pair_blocks(path):
        if change.affixes[table.value] != _NOTHING:
            values = [_rename_first(value, change.affixes[table.value]) for value in values]
        if is_scaled:
            values = [
                _scale(value, table.num_times, change.speed, f"{path}:{number}")
                for number, value in enumerate(values, first)
            ]
        pairs = zip(ids, values, strict=True)
        yield [b"".join((before, name, after, b" ", value, b"\n")) for name, value in pairs]


def _rename_first(value: bytes, affix: Affix) -> bytes:
    name, *rest = value.split(None, 1)
    return b" ".join((affix[0] + name + affix[1], *rest))


def _scale(value: bytes, num_times: int, speed: float, place: str) -> bytes:
    """Divide the last fields by the speed, but for -1, the end of a recording."""
    fields = value.split()
    try:
        times = [
            time if time == b"-1" else b"%.9g" % (parse_number(time) / speed)
            for time in fields[-num_times:]
        ]
    except ValueError:
        raise UserError(f"{place}: found '{value.decode()}'; expected times in seconds") from None
    return b" ".join((*fields[:-num_times], *times))


def _write_wav_scp(
    path: Path,
    entries: Iterable[tuple[str, str]],
    change: _Change,
    recordings: AbstractSet[bytes] | None,
) -> None:
    before, after = change.affixes[Id.RECORDING]
    with open_for_replace(path) as file:
        for name, entry in entries:
            key = name.encode()
            if recordings is None or key in recordings:
                file.write(b"%b%b%b %b\n" % (before, key, after, entry.encode()))


def _write_utt2uniq(utt2spk: Path, target: Path, affix: Affix) -> None:
    with open_for_replace(target) as file:
        for utterance in iter_ids(utt2spk):
            file.write(b"%b%b%b %b\n" % (affix[0], utterance, affix[1], utterance))


def _complete(source: Path, folder: Path, change: _Change) -> None:
    """Sort the tables, and write the files that are not copied from the source."""
    for file in folder.iterdir():
        # A suffix can change the order: 'a' < 'a-b', but 'a_x' > 'a-b_x'.
        if file.is_file() and not ids_ascend(file):
            sort_table(file, file)
    write_spk2utt(folder / "utt2spk", folder / "spk2utt")
    if change.audio <= AudioChange.SAME_LENGTH:
        copy_frame_shift(source, folder)


def _validate(folder: Path, target: Path) -> None:
    try:
        validate(folder, feats=False)
    except UserError as error:
        problem = str(error).replace(str(folder), str(target))
        raise UserError(f"{target} is not written, as it would not be valid: {problem}") from None
