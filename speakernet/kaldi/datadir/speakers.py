"""utt2spk and spk2utt: each is the other's inversion."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Iterator
from pathlib import Path

from speakernet.config import UserError
from speakernet.kaldi.characters import check_ids
from speakernet.kaldi.tables import check_pair_order, iter_columns, iter_fields
from speakernet.work.files import open_for_replace


def iter_speakers(utt2spk: Path) -> Iterator[tuple[bytes, list[bytes]]]:
    """Yield ``(speaker, utterances)`` in the order of speakers; utterances keep utt2spk's order.

    Streams if speakers come in order, as they do where speaker ids are prefixes of utterance ids;
    else the table is held in memory. Raises UserError for lines without exactly two fields.
    """
    if _speakers_ascend(utt2spk):
        for speaker, group in itertools.groupby(_iter_pairs(utt2spk), operator.itemgetter(1)):
            yield speaker, [utterance for utterance, _ in group]
        return
    speakers: dict[bytes, list[bytes]] = {}
    for utterance, speaker in _iter_pairs(utt2spk):
        speakers.setdefault(speaker, []).append(utterance)
    yield from sorted(speakers.items())


def _iter_pairs(utt2spk: Path) -> Iterator[tuple[bytes, bytes]]:
    columns = (columns for _, columns in iter_columns(utt2spk, 2))
    return itertools.chain.from_iterable(zip(*both, strict=True) for both in columns)


def _speakers_ascend(utt2spk: Path) -> bool:
    blocks = (columns[1] for _, columns in iter_columns(utt2spk, 2))
    speakers = itertools.chain.from_iterable(blocks)
    return all(itertools.starmap(operator.le, itertools.pairwise(speakers)))


def iter_spk2utt_lines(utt2spk: Path) -> Iterator[bytes]:
    """Yield the lines of spk2utt, without newline."""
    return (b" ".join((speaker, *utts)) for speaker, utts in iter_speakers(utt2spk))


def write_spk2utt(utt2spk: Path, spk2utt: Path) -> None:
    """Write spk2utt, the inversion of utt2spk."""
    with open_for_replace(spk2utt) as file:
        file.writelines(line + b"\n" for line in iter_spk2utt_lines(utt2spk))


def read_spk2utt(spk2utt: Path) -> dict[str, list[str]]:
    """Return the utterances of each speaker. Raises UserError for a duplicate speaker."""
    speakers: dict[str, list[str]] = {}
    for number, (name, utterances) in iter_fields(spk2utt):
        check_ids(spk2utt, number, [utterances])
        speaker = name.decode()
        if speaker in speakers:
            raise UserError(f"{spk2utt}:{number}: duplicate id '{speaker}'")
        speakers[speaker] = list(map(bytes.decode, utterances.split()))
    return speakers


def utt2spk_from_spk2utt(spk2utt: Path) -> list[tuple[str, str]]:
    """Return ``(utterance, speaker)`` sorted by utterance.

    Raises UserError for a duplicate speaker and for an utterance that has two speakers.
    """
    pairs: dict[str, str] = {}
    for number, (speaker, utterances) in enumerate(read_spk2utt(spk2utt).items(), start=1):
        for utterance in utterances:
            if utterance in pairs:
                raise UserError(f"{spk2utt}:{number}: '{utterance}' is listed before")
            pairs[utterance] = speaker
    return sorted(pairs.items())


def check_utt2spk(utt2spk: Path, *, spk_sort: bool = True) -> tuple[int, int]:
    """Check fields and order; return the numbers of utterances and of changes of the speaker.

    With ``spk_sort`` speakers must be in order too. Raises UserError with file:line.
    """
    utterance = speaker = b""
    count = changes = 0
    for first, (utterances, speakers) in iter_columns(utt2spk, 2):
        before = [utterance, *utterances[:-1]], [speaker, *speakers[:-1]]
        if not all(map(operator.lt, before[0], utterances)):
            for number, pair in enumerate(zip(before[0], utterances, strict=True), first):
                check_pair_order(utt2spk, number, *pair)
        if spk_sort and not all(map(operator.le, before[1], speakers)):
            pairs = enumerate(zip(before[1], speakers, strict=True), first)
            number, (left, right) = next(item for item in pairs if item[1][0] > item[1][1])
            raise UserError(
                f"{utt2spk}:{number}: speaker '{right.decode()}' comes after '{left.decode()}'; "
                "fix this by making speaker-ids prefixes of utt-ids"
            )
        changes += sum(map(operator.ne, before[1], speakers))
        count += len(utterances)
        utterance, speaker = utterances[-1], speakers[-1]
    return count, changes
