"""A new data directory, written from a list of utterances."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from speakernet.kaldi.datadir.speakers import write_spk2utt
from speakernet.kaldi.datadir.validate import validate
from speakernet.kaldi.tables import write_table

logger = logging.getLogger(__name__)

_COHORT_OF_SPEAKER, _COHORT = 20, 20_000


class Stretch(NamedTuple):
    """The part of a recording that an utterance is, in seconds."""

    recording: str
    start_s: float
    end_s: float


class NewUtterance(NamedTuple):
    """An utterance of a set: the entry of its recording in ``wav.scp``, and what is known of it.

    session, language: an id, or empty. duration_s: None where nobody has measured it. part: None
    for a whole recording, which has the utterance's id then.
    """

    utt: str
    speaker: str
    entry: str
    session: str = ""
    duration_s: float | None = None
    part: Stretch | None = None
    language: str = ""


def create(path: Path, utterances: Iterable[NewUtterance]) -> None:
    """Write the tables of a set to the folder ``path`` and check them.

    ``utt2session``, ``utt2lang``, ``utt2dur`` and ``segments`` are written where every utterance
    has a session, a language, a duration and a part. Raises UserError as ``validate`` does.
    """
    rows = sorted(utterances, key=lambda utterance: utterance.utt)
    recordings = {u.part.recording if u.part else u.utt: u.entry for u in rows}
    write_table(path / "wav.scp", sorted(recordings.items()))
    write_table(path / "utt2spk", ((u.utt, u.speaker) for u in rows))
    write_spk2utt(path / "utt2spk", path / "spk2utt")
    parts = [(u.utt, u.part) for u in rows if u.part]
    if len(parts) == len(rows):
        lines = ((utt, f"{p.recording} {p.start_s:.9g} {p.end_s:.9g}") for utt, p in parts)
        write_table(path / "segments", lines)
    if all(u.session for u in rows):
        write_table(path / "utt2session", ((u.utt, u.session) for u in rows))
    if all(u.language for u in rows):
        write_table(path / "utt2lang", ((u.utt, u.language) for u in rows))
    durations = [(u.utt, f"{u.duration_s:.4f}") for u in rows if u.duration_s is not None]
    if len(durations) == len(rows):
        for name in ("utt2dur",) if parts else ("utt2dur", "reco2dur"):
            write_table(path / name, durations)
    validate(path, feats=False)


def in_turns(utterances: Sequence[NewUtterance], limit: int) -> list[NewUtterance]:
    """Return up to ``limit`` utterances of each speaker, its sessions taking turns."""
    sessions: dict[str, dict[str, list[NewUtterance]]] = defaultdict(lambda: defaultdict(list))
    for utterance in utterances:
        sessions[utterance.speaker][utterance.session].append(utterance)
    chosen = []
    for speaker in sessions.values():
        turns = sorted(
            (place, session, member)
            for session, members in speaker.items()
            for place, member in enumerate(members)
        )
        chosen += [member for *_, member in turns[:limit]]
    return chosen


def cohort_of(train: Sequence[NewUtterance]) -> list[NewUtterance]:
    """Return the utterances of a training set that scores are normalised with.

    Up to 20 of each speaker, fewer where that would be more than 20,000.
    """
    num_speakers = len({utterance.speaker for utterance in train})
    return in_turns(train, max(1, min(_COHORT_OF_SPEAKER, _COHORT // num_speakers)))


def log_size(name: str, utterances: Sequence[NewUtterance]) -> None:
    """Say how large a set is."""
    seconds = [u.duration_s for u in utterances if u.duration_s is not None]
    minutes = f", {sum(seconds) / 60:.1f} minutes" if len(seconds) == len(utterances) else ""
    num_speakers = len({u.speaker for u in utterances})
    logger.info("%s: %d speakers, %d utterances%s", name, num_speakers, len(utterances), minutes)
