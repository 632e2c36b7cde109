"""Which tables a Kaldi data directory has, what their ids and values are, and which of them still
hold for a copy whose audio is another.

All tools for data directories go by ``TABLES``; docs/formats.md shows it with what each tool does.
Without ``segments`` a recording is an utterance, and the tables of recordings hold utterance ids.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import Enum, IntEnum
from pathlib import Path

from speakernet.config import UserError


class Id(Enum):
    """The kinds of ids."""

    UTTERANCE = "utterance"
    RECORDING = "recording"
    SPEAKER = "speaker"


class AudioChange(IntEnum):
    """The audio of a copy compared with its source's, from equal to most different."""

    SAME = 0
    SAME_LENGTH = 1  # noise was added, or the response of a room
    OTHER_SPEED = 2  # all times are divided by one factor
    OTHER_LENGTH = 3  # longer by a tail that nobody has measured: a room with --shift-output false


@dataclass(frozen=True)
class Table:
    """A table with one line per id.

    ``key`` says what its ids are; ``value`` which kind of id its values begin with, renamed
    wherever those are (None: nothing in a value is ever renamed). The last ``num_times`` fields of
    a value are seconds. ``audio`` is the most different audio for which the table still holds
    (times are scaled to another speed). A ``dispensable`` table can be made again or done without:
    where it lacks an utterance, it goes and the utterance stays.
    """

    name: str
    key: Id
    value: Id | None = None
    num_times: int = 0
    audio: AudioChange = AudioChange.OTHER_LENGTH
    dispensable: bool = False


TABLES = (
    Table("utt2spk", Id.UTTERANCE, value=Id.SPEAKER),
    Table("segments", Id.UTTERANCE, value=Id.RECORDING, num_times=2),
    Table("feats.scp", Id.UTTERANCE, audio=AudioChange.SAME),
    Table("vad.scp", Id.UTTERANCE, audio=AudioChange.SAME_LENGTH),
    Table("text", Id.UTTERANCE),
    Table("utt2lang", Id.UTTERANCE),
    Table("utt2dur", Id.UTTERANCE, num_times=1, audio=AudioChange.OTHER_SPEED, dispensable=True),
    Table("utt2num_frames", Id.UTTERANCE, audio=AudioChange.SAME_LENGTH, dispensable=True),
    Table("utt2uniq", Id.UTTERANCE, dispensable=True),  # says for good what an utterance was
    Table("utt2session", Id.UTTERANCE, dispensable=True),
    Table("wav.scp", Id.RECORDING, audio=AudioChange.SAME),
    Table("reco2dur", Id.RECORDING, num_times=1, audio=AudioChange.OTHER_SPEED, dispensable=True),
    Table("reco2file_and_channel", Id.RECORDING, value=Id.RECORDING),
    Table("cmvn.scp", Id.SPEAKER, audio=AudioChange.SAME),
    Table("spk2gender", Id.SPEAKER),
)
DISPENSABLE_TABLES = tuple(table.name for table in TABLES if table.dispensable)
# One value for the whole directory: the seconds between the frames that the tables count.
FRAME_SHIFT = "frame_shift"

Tables = dict[str, Path]


def existing_tables(path: Path) -> Tables:
    """Return name and path of all tables in a data directory, except spk2utt.

    Raises UserError if the directory or utt2spk is missing, utt2spk is empty, or a folder or a
    broken link has the name of a table.
    """
    if not path.is_dir():
        raise UserError(f"{path}: no such data directory")
    require_file(path / "utt2spk")
    names = set(os.listdir(path))
    present = {table.name: path / table.name for table in TABLES if table.name in names}
    for table in present.values():
        if not table.is_file():
            raise UserError(f"{table}: is no file, or a link to none; expected a table")
    return present


def require_file(path: Path) -> None:
    """Raise UserError unless the file exists and is not empty."""
    if not path.is_file():
        raise UserError(f"{path}: no such file")
    if path.stat().st_size == 0:
        raise UserError(f"{path}: the file is empty")


def utterance_tables(tables: Tables) -> Tables:
    """Return the tables whose ids are utterances, utt2spk among them."""
    kinds = (Id.UTTERANCE,) if "segments" in tables else (Id.UTTERANCE, Id.RECORDING)
    return _with_key(tables, *kinds)


def recording_tables(tables: Tables) -> Tables:
    """Return the tables whose ids are recordings and not utterances."""
    return _with_key(tables, Id.RECORDING) if "segments" in tables else {}


def speaker_tables(tables: Tables) -> Tables:
    """Return the tables whose ids are speakers, except spk2utt."""
    return _with_key(tables, Id.SPEAKER)


def _with_key(tables: Tables, *kinds: Id) -> Tables:
    return {t.name: tables[t.name] for t in TABLES if t.key in kinds and t.name in tables}
