"""Clips become utterances, and every clip is accounted for."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st
from utterances import Clip, draw, join_session, without_copies
from wav_file import SAMPLE_RATE_HZ

from tests.unit.local.debian_voices.debs import tone, wav_bytes


def clip(name: str, seconds: float, frequency_hz: float = 440.0) -> Clip:
    return Clip(f"{name}.wav", wav_bytes(tone(seconds, frequency_hz)))


def test_consecutive_clips_are_joined_and_the_rest_goes_to_the_last_utterance() -> None:
    clips = [clip(f"{i}", 1.0) for i in range(7)]
    counts: Counter[str] = Counter()
    utterances = list(join_session("s", clips, min_s=2.5, counts=counts))
    assert [(u.number, u.num_clips) for u in utterances] == [(1, 3), (2, 4)]
    assert [len(u.samples) for u in utterances] == [3 * SAMPLE_RATE_HZ, 4 * SAMPLE_RATE_HZ]
    assert not counts


def test_a_session_that_is_too_short_is_counted_not_lost() -> None:
    counts: Counter[str] = Counter()
    assert not list(join_session("s", [clip("a", 1.0)] * 2, min_s=2.5, counts=counts))
    assert counts == {"session under 2.5 s": 2}


def test_copies_are_left_out() -> None:
    seen: set[bytes] = set()
    counts: Counter[str] = Counter()
    clips = [clip("b", 1.0), clip("a", 1.0), clip("c", 0.5)]
    assert [c.name for c in without_copies(clips, seen, counts)] == ["a.wav", "c.wav"]
    assert without_copies([clip("d", 0.5)], seen, counts) == []
    assert counts == {"copy of another file": 2}


@given(
    lengths=st.lists(st.lists(st.sampled_from([0.0, 0.1, 0.3, 1.0, 3.0]), max_size=8), max_size=4),
    limit=st.integers(1, 8),
)
@settings(max_examples=40)
def test_every_clip_has_one_fate(lengths: list[list[float]], limit: int) -> None:
    sessions = {
        f"s{number}": [clip(f"{place}", seconds) for place, seconds in enumerate(members)]
        for number, members in enumerate(lengths)
    }
    counts: Counter[str] = Counter()
    drawn = draw(sessions, min_s=1.5, limit=limit, counts=counts)
    assert counts.total() == sum(map(len, lengths))
    assert min(counts.values(), default=0) >= 0
    assert counts["used"] == sum(utterance.num_clips for utterance in drawn)
    assert len(drawn) <= limit
    assert all(len(utterance.samples) >= 1.5 * SAMPLE_RATE_HZ for utterance in drawn)


def test_sessions_take_turns() -> None:
    sessions = {name: [clip(f"{i}", 2.0, 100.0 + i) for i in range(5)] for name in "abc"}
    drawn = draw(sessions, min_s=1.5, limit=7, counts=Counter())
    assert [(u.session, u.number) for u in drawn] == [
        *(("a", number) for number in (1, 2, 3)),
        *(("b", number) for number in (1, 2)),
        *(("c", number) for number in (1, 2)),
    ]
