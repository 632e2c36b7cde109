"""From the clips of one speaker to utterances: consecutive clips of a session are joined, sessions
take turns.

Clips are decoded only as far as utterances are wanted. Every clip that is found is accounted for,
in ``Counts``.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

import numpy as np
from clip_audio import UndecodableError, decode, trim_silence
from wav_file import SAMPLE_RATE_HZ

from speakernet.arrays import Float32

Counts = Counter[str]

_MIN_CLIP_S = 0.2


class Clip(NamedTuple):
    """One audio file of a package."""

    name: str
    content: bytes


class Utterance(NamedTuple):
    """Joined clips: ``samples`` at 16 kHz, made of ``num_clips`` files."""

    session: str
    number: int
    samples: Float32
    num_clips: int


def without_copies(clips: Sequence[Clip], seen: set[bytes], counts: Counts) -> list[Clip]:
    """Return the clips in the order of their names, less those with the same bytes as one in
    ``seen``, which grows.
    """
    kept = []
    for clip in sorted(clips, key=lambda clip: clip.name):
        digest = hashlib.sha256(clip.content).digest()
        if digest in seen:
            counts["copy of another file"] += 1
        else:
            seen.add(digest)
            kept.append(clip)
    return kept


def read_clip(clip: Clip, counts: Counts) -> Float32 | None:
    """Decode and trim one clip; None, and a count, if nothing is left of it."""
    try:
        samples = decode(clip.content, PurePosixPath(clip.name).suffix)
    except UndecodableError:
        counts["cannot be decoded"] += 1
        return None
    trimmed = trim_silence(samples)
    if len(trimmed) < _MIN_CLIP_S * SAMPLE_RATE_HZ:
        counts[f"under {_MIN_CLIP_S} s"] += 1
        return None
    return trimmed


def join_session(
    session: str, clips: Sequence[Clip], *, min_s: float, counts: Counts
) -> Iterator[Utterance]:
    """Yield utterances of at least ``min_s`` made of consecutive clips; what remains at the end
    joins the last one.
    """
    held: list[Float32] = []
    pending: list[Float32] = []
    number = 0
    for clip in clips:
        samples = read_clip(clip, counts)
        if samples is None:
            continue
        pending.append(samples)
        if sum(map(len, pending)) >= min_s * SAMPLE_RATE_HZ:
            if held:
                number += 1
                yield Utterance(session, number, np.concatenate(held), len(held))
            held, pending = pending, []
    if held:
        held += pending
        yield Utterance(session, number + 1, np.concatenate(held), len(held))
    else:
        counts[f"session under {min_s} s"] += len(pending)


def draw(
    sessions: dict[str, list[Clip]], *, min_s: float, limit: int, counts: Counts
) -> list[Utterance]:
    """Return up to ``limit`` utterances, one session after the other in turns, sorted by session
    and number.

    ``counts`` gains the number of clips used, of those dropped (by reason), and of those not
    needed.
    """
    num_clips = sum(map(len, sessions.values()))
    num_counted = counts.total()
    turns = [
        join_session(session, clips, min_s=min_s, counts=counts)
        for session, clips in sorted(sessions.items())
    ]
    drawn: list[Utterance] = []
    while turns and len(drawn) < limit:
        for turn in list(turns):
            utterance = next(turn, None) if len(drawn) < limit else None
            if utterance is not None:
                drawn.append(utterance)
            elif len(drawn) < limit:
                turns.remove(turn)
    counts["used"] += sum(utterance.num_clips for utterance in drawn)
    counts[f"beyond the first {limit} utterances"] += num_clips - (counts.total() - num_counted)
    return sorted(drawn, key=lambda utterance: (utterance.session, utterance.number))
