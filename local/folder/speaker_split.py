"""Which speakers are trained on and which are tested with."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence

from usable import Usable

from speakernet.config import UserError

TEST_SHARE, MAX_TEST_SPEAKERS = 0.25, 100
_LEAST = 2  # of test speakers, for nontargets, and of training speakers, for a loss
_NEEDS = (
    "expected at least 4 speakers with a recording, 2 of them with 2 recordings (better: 20 "
    "speakers with 10)"
)


def test_speakers(recordings: Sequence[Usable], seed: int, place: str) -> set[str]:
    """Return the names of the speakers to test with: the CSV's, or drawn.

    Drawn are a quarter of those who can be targets, at least 2 and at most 100: speakers with two
    sessions, or with two recordings where too few have sessions. A speaker's place in the order
    depends on its name and the seed alone. Raises UserError, starting with ``place``, for too few
    speakers, and for one in both parts.
    """
    if any(each.source.split for each in recordings):
        return _of_splits(recordings, place)
    sessions, counts = _occasions(recordings)
    eligible = [name for name in sorted(counts) if counts[name] > 1]
    several = [name for name in sorted(counts) if sessions[name] > 1]
    if len(counts) < 2 * _LEAST or len(eligible) < _LEAST:
        raise UserError(
            f"{place}: found {len(counts)} speakers with a usable recording, {len(eligible)} of "
            f"them with 2; {_NEEDS}"
        )
    choice = several if len(several) >= _LEAST else eligible
    wanted = max(_LEAST, min(MAX_TEST_SPEAKERS, round(TEST_SHARE * len(choice))))
    return set(sorted(choice, key=lambda name: _draw(seed, name))[:wanted])


def _occasions(recordings: Sequence[Usable]) -> tuple[dict[str, int], dict[str, int]]:
    """Return the number of sessions and of recordings of each speaker."""
    sessions: dict[str, set[str]] = defaultdict(set)
    counts: dict[str, int] = defaultdict(int)
    for each in recordings:
        sessions[each.source.speaker].add(session_of(each))
        counts[each.source.speaker] += 1
    return {name: len(some) for name, some in sessions.items()}, counts


def session_of(recording: Usable) -> str:
    """Return a name of the session; a file for which nothing tells it is one of its own."""
    source = recording.source
    return source.session or f"{source.path}"


def _draw(seed: int, name: str) -> bytes:
    return hashlib.sha256(f"{seed} {name}".encode(errors="surrogateescape")).digest()


def _of_splits(recordings: Sequence[Usable], place: str) -> set[str]:
    speakers: dict[str, set[str]] = {"train": set(), "test": set()}
    for each in recordings:
        speakers[each.source.split].add(each.source.speaker)
    if both := sorted(speakers["train"] & speakers["test"]):
        raise UserError(
            f"{place}: speaker '{both[0]}' has recordings in train and in test; expected one of "
            "them, as a speaker who was trained on says nothing of others"
        )
    sizes = {name: len(some) for name, some in speakers.items()}
    if min(sizes.values()) < _LEAST:
        raise UserError(
            f"{place}: found {sizes['train']} speakers in train and {sizes['test']} in test; "
            f"expected at least {_LEAST} of each"
        )
    return speakers["test"]
