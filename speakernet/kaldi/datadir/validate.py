"""Checks of a data directory: Kaldi's, and those that Kaldi's script forgets."""

from __future__ import annotations

import itertools
import logging
import math
from pathlib import Path

from speakernet.config import UserError
from speakernet.config.files import is_given, read_bytes
from speakernet.config.numbers import MAX_DIGITS, parse_number, parse_numbers
from speakernet.kaldi.characters import check_spellings, near_miss
from speakernet.kaldi.datadir.layout import (
    FRAME_SHIFT,
    Tables,
    existing_tables,
    recording_tables,
    require_file,
    speaker_tables,
    utterance_tables,
)
from speakernet.kaldi.datadir.speakers import check_utt2spk, iter_spk2utt_lines
from speakernet.kaldi.tables import (
    check_order,
    iter_columns,
    iter_fields,
    iter_ids,
    iter_lines,
    iter_table,
    same_ids,
)

logger = logging.getLogger(__name__)


def validate(
    path: Path,
    *,
    feats: bool = True,
    wav: bool = True,
    text: bool = False,
    spk_sort: bool = True,
    non_print: bool = False,
) -> None:
    """Check a data directory; raise UserError with the first fault's file and line.

    ``feats``, ``wav`` and ``text`` say which of feats.scp, wav.scp and text must exist (what exists
    is always checked), ``spk_sort`` that speakers in utt2spk are in order, ``non_print`` that text
    may hold characters that cannot be printed. Memory does not grow with the number of lines.
    """
    tables = existing_tables(path)
    for name, required in (("feats.scp", feats), ("wav.scp", wav), ("text", text)):
        if required and name not in tables:
            raise UserError(
                f"{path / name}: no such file (if this is by design: --no-{Path(name).stem})"
            )
    require_file(path / "spk2utt")
    for file in tables.values():
        require_file(file)
    _check_speakers(path, tables, spk_sort)
    _check_spellings(tables["utt2spk"])
    for name, file in utterance_tables(tables).items():
        if name != "utt2spk":
            check_same_ids(file, tables["utt2spk"])
    if "segments" in tables:
        _check_recordings(tables)
    _check_values(path, tables, non_print)


def _check_speakers(path: Path, tables: Tables, spk_sort: bool) -> None:
    _, num_changes = check_utt2spk(tables["utt2spk"], spk_sort=spk_sort)
    if num_changes == 1:
        logger.warning("%s: only one speaker", path)
    spk2utt = path / "spk2utt"
    lines = (b" ".join(line.split()) for line in iter_lines(spk2utt))
    expected = iter_spk2utt_lines(tables["utt2spk"])
    for number, (found, wanted) in enumerate(itertools.zip_longest(lines, expected), 1):
        if found != wanted:
            raise UserError(
                f"{spk2utt}:{number}: not the inversion of utt2spk; run utils/fix_data_dir.sh"
            )
    for file in speaker_tables(tables).values():
        check_same_ids(file, spk2utt)


def _check_spellings(utt2spk: Path) -> None:
    utterances: dict[str, str] = {}
    speakers: dict[str, str] = {}
    for _, columns in iter_columns(utt2spk, 2):
        check_spellings(utt2spk, utterances, columns[0])
        check_spellings(utt2spk, speakers, columns[1])


def check_same_ids(path: Path, reference: Path) -> None:
    """Check that a table has the ids of ``reference``, whose order has been checked.

    Raises UserError naming the first id that only one of them has, or that is out of order.
    """
    if same_ids(path, reference):
        return
    check_order(path)
    pairs = itertools.zip_longest(iter_ids(path), iter_ids(reference))
    number, (found, wanted) = next(p for p in enumerate(pairs, 1) if p[1][0] != p[1][1])
    if found is not None and (wanted is None or found < wanted):
        hint = near_miss(found.decode(), [wanted.decode()]) if wanted else ""
        raise UserError(f"{path}:{number}: '{found.decode()}' is not in {reference}{hint}")
    hint = near_miss(wanted.decode(), [found.decode()]) if found else ""
    raise UserError(f"{path}:{number}: '{wanted.decode()}' of {reference} is missing{hint}")


def _check_recordings(tables: Tables) -> None:
    recordings = set()
    for number, fields in iter_fields(tables["segments"], num_fields=4):
        start, end = _to_float(fields[2]), _to_float(fields[3])
        if not (start >= 0 and (end > start or end == -1) and math.isfinite(end)):
            line = b" ".join(fields).decode()
            raise UserError(f"{tables['segments']}:{number}: '{line}'; expected 0 <= start < end")
        recordings.add(fields[1])
    for file in recording_tables(tables).values():
        check_order(file)
        found = set(iter_ids(file))
        for wrong in sorted(found - recordings)[:1]:
            raise UserError(f"{file}: recording '{wrong.decode()}' is not in segments")
        for wrong in sorted(recordings - found)[:1]:
            raise UserError(f"{file}: recording '{wrong.decode()}' of segments is missing")


def _check_values(path: Path, tables: Tables, non_print: bool) -> None:
    for name in ("utt2dur", "reco2dur", "utt2num_frames"):
        if name in tables:
            _check_numbers(tables[name], whole=name == "utt2num_frames")
    if "spk2gender" in tables:
        for number, (_, gender) in iter_fields(tables["spk2gender"], num_fields=2):
            if gender not in (b"m", b"f"):
                raise UserError(f"{tables['spk2gender']}:{number}: expected m or f")
    if "text" in tables and not non_print:
        for number, (_, words) in enumerate(iter_table(tables["text"]), 1):
            if not words.replace("\t", " ").isprintable():
                raise UserError(f"{tables['text']}:{number}: character that cannot be printed")
    frame_shift = path / FRAME_SHIFT
    if is_given(frame_shift) and not _is_positive(read_bytes(frame_shift).removesuffix(b"\n")):
        raise UserError(f"{frame_shift}:1: expected a positive number")


def _check_numbers(path: Path, *, whole: bool) -> None:
    """Durations are positive; the number of frames may be 0 (less than a window of samples)."""
    kind = "a whole number" if whole else "a positive number"
    is_valid = _is_whole if whole else _is_positive
    for first, (keys, texts) in iter_columns(path, 2):
        if _are_whole(texts) if whole else _are_positive(texts):
            continue
        for number, (key, text) in enumerate(zip(keys, texts, strict=True), first):
            if not is_valid(text):
                found = f"'{key.decode()}' {text.decode()}"
                raise UserError(f"{path}:{number}: {found}; expected {kind}")


def _are_whole(texts: list[bytes]) -> bool:
    return all(map(bytes.isdigit, texts)) and max(map(len, texts)) <= MAX_DIGITS


def _are_positive(texts: list[bytes]) -> bool:
    try:
        return min(parse_numbers(texts)) > 0
    except ValueError:
        return False


def _is_whole(text: bytes) -> bool:
    return _are_whole([text])


def _is_positive(text: bytes) -> bool:
    return _are_positive([text])


def _to_float(text: bytes) -> float:
    try:
        return parse_number(text)
    except ValueError:
        return math.nan
