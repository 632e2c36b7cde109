"""Choose some of a data directory's utterances."""

from __future__ import annotations

import heapq
import itertools
import logging
import random
from collections import Counter, deque
from collections.abc import Iterator
from pathlib import Path

from speakernet.config import UserError
from speakernet.config.files import is_given
from speakernet.config.numbers import parse_number
from speakernet.kaldi.datadir.filtering import write_subset
from speakernet.kaldi.datadir.layout import Id, Tables, existing_tables
from speakernet.kaldi.datadir.speakers import iter_speakers
from speakernet.kaldi.tables import iter_fields, iter_ids
from speakernet.work.files import folder_for_replace

logger = logging.getLogger(__name__)

SELECTIONS = ("spread", "first", "last", "shortest", "per-spk", "speakers")


def subset(source: Path, target: Path, number: int, selection: str = "spread") -> None:
    """Write ``number`` utterances of ``source`` to the data directory ``target``.

    ``selection``: "spread" (evenly over utt2spk), "first", "last", "shortest" (by utt2num_frames
    or utt2dur), "per-spk" (up to ``number`` of each speaker, spread evenly), "speakers" (speakers
    drawn at random, always the same, until there are ``number`` utterances or more). Raises
    UserError if the source has too few.
    """
    existing_tables(source)
    keep = set(_select(source, number, selection))
    if number < 1 or (selection != "per-spk" and len(keep) < number):
        raise UserError(f"{source}: cannot take {number} utterances of {len(keep)}")
    _write(source, target, keep)


def _select(source: Path, number: int, selection: str) -> Iterator[bytes]:
    utt2spk = source / "utt2spk"
    if selection == "first":
        return itertools.islice(iter_ids(utt2spk), number)
    if selection == "last":
        return iter(deque(iter_ids(utt2spk), maxlen=number))
    if selection == "shortest":
        return _shortest(source, number)
    if selection == "per-spk":
        return itertools.chain.from_iterable(
            spread(utterances, min(number, len(utterances)))
            for _, utterances in iter_speakers(utt2spk)
        )
    if selection == "speakers":
        return _whole_speakers(utt2spk, number)
    return iter(spread(list(iter_ids(utt2spk)), number))


def spread(items: list[bytes], number: int) -> list[bytes]:
    """Return ``number`` items at even distances (all if there are fewer)."""
    number = min(number, len(items))
    return [items[i * len(items) // number] for i in range(number)]


def _shortest(source: Path, number: int) -> Iterator[bytes]:
    for name in ("utt2num_frames", "utt2dur"):
        if is_given(source / name):
            lines = iter_fields(source / name, num_fields=2)
            lengths = ((_length(source / name, *line), line[1][0]) for line in lines)
            return (utterance for _, utterance in heapq.nsmallest(number, lengths))
    raise UserError(f"{source}: choosing the shortest needs utt2num_frames or utt2dur")


def _length(path: Path, number: int, fields: list[bytes]) -> float:
    try:
        return parse_number(fields[1])
    except ValueError:
        raise UserError(f"{path}:{number}: '{fields[1].decode()}'; expected a number") from None


def _whole_speakers(utt2spk: Path, number: int) -> Iterator[bytes]:
    sizes = Counter(speaker for _, (_, speaker) in iter_fields(utt2spk, num_fields=2))
    order = sorted(sizes)
    random.Random(0).shuffle(order)
    chosen = set()
    total = 0
    for speaker in order:
        if total >= number:
            break
        chosen.add(speaker)
        total += sizes[speaker]
    lines = iter_fields(utt2spk, num_fields=2)
    return (utterance for _, (utterance, speaker) in lines if speaker in chosen)


def subset_by_list(source: Path, target: Path, listed: Path, kind: Id = Id.UTTERANCE) -> None:
    """Write the utterances whose own id, speaker or recording is first on a line of ``listed``.

    Ids that the source does not have are counted in a warning. Raises UserError if none is left.
    """
    wanted = set(iter_ids(listed, has_values=False))
    keep, found = set(), set()
    for utterance, name in _pairs(existing_tables(source), kind):
        if name in wanted:
            keep.add(utterance)
            found.add(name)
    if not keep:
        raise UserError(f"{listed}: none of its {len(wanted)} ids is in {source}")
    if len(found) < len(wanted):
        missing = sorted(wanted - found)
        logger.warning(
            "%d listed ids are not in %s, the first '%s'", len(missing), source, missing[0].decode()
        )
    _write(source, target, keep)


def _pairs(tables: Tables, kind: Id) -> Iterator[tuple[bytes, bytes]]:
    """Yield each utterance and its id of a kind."""
    if kind is Id.SPEAKER:
        return ((f[0], f[1]) for _, f in iter_fields(tables["utt2spk"], num_fields=2))
    if kind is Id.RECORDING and "segments" in tables:
        return ((f[0], f[1]) for _, f in iter_fields(tables["segments"], num_fields=4))
    return ((utterance, utterance) for utterance in iter_ids(tables["utt2spk"]))


def _write(source: Path, target: Path, keep: set[bytes]) -> None:
    if source.resolve() == target.resolve():
        raise UserError(f"{target}: the subset would replace its source")
    with folder_for_replace(target) as folder:
        write_subset(source, folder, keep)
    logger.info("%s: %d utterances of %s", target, len(keep), source)
