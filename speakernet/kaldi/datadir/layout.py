"""Which files a Kaldi data directory has, and what their ids are.

Without ``segments`` a recording is an utterance, and the tables of recordings hold utterance ids.
"""

from __future__ import annotations

from pathlib import Path

from speakernet.config import UserError

UTTERANCE_TABLES = (
    "utt2spk",
    "segments",
    "feats.scp",
    "vad.scp",
    "text",
    "utt2lang",
    "utt2dur",
    "utt2num_frames",
    "utt2uniq",
    "utt2session",
)
RECORDING_TABLES = ("wav.scp", "reco2dur", "reco2file_and_channel")
# Facts about utterances that can be had again, or done without: none of them is lost for one.
DERIVED_TABLES = ("utt2dur", "utt2num_frames", "utt2uniq", "utt2session", "reco2dur")
SPEAKER_TABLES = ("cmvn.scp", "spk2gender")
SINGLE_FILES = ("frame_shift",)

Tables = dict[str, Path]


def existing_tables(path: Path) -> Tables:
    """Return name and path of all tables in a data directory, except spk2utt.

    Raises UserError if the directory or utt2spk is missing, or utt2spk is empty.
    """
    if not path.is_dir():
        raise UserError(f"{path}: no such data directory")
    require_file(path / "utt2spk")
    names = (*UTTERANCE_TABLES, *RECORDING_TABLES, *SPEAKER_TABLES)
    return {name: path / name for name in names if (path / name).is_file()}


def require_file(path: Path) -> None:
    """Raise UserError unless the file exists and is not empty."""
    if not path.is_file():
        raise UserError(f"{path}: no such file")
    if path.stat().st_size == 0:
        raise UserError(f"{path}: the file is empty")


def utterance_tables(tables: Tables) -> Tables:
    """Return the tables whose ids are utterances, utt2spk among them."""
    names = UTTERANCE_TABLES if "segments" in tables else UTTERANCE_TABLES + RECORDING_TABLES
    return {name: tables[name] for name in names if name in tables}


def recording_tables(tables: Tables) -> Tables:
    """Return the tables whose ids are recordings and not utterances."""
    names = RECORDING_TABLES if "segments" in tables else ()
    return {name: tables[name] for name in names if name in tables}


def speaker_tables(tables: Tables) -> Tables:
    """Return the tables whose ids are speakers, except spk2utt."""
    return {name: tables[name] for name in SPEAKER_TABLES if name in tables}
