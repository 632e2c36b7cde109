"""Errors by speaker, pair, language, duration and session, counted by hand."""

import numpy as np

from speakernet.kaldi.trials import Trials
from speakernet.report.error_rates import (
    by_duration,
    by_language,
    by_pair,
    by_session,
    by_speaker,
)
from speakernet.report.scored_list import ScoredList

SPEAKERS = {"a1": "a", "a2": "a", "a3": "a", "b1": "b", "b2": "b", "c1": "c"}
# At the threshold of the EER, 0.5, a1-a3 is a miss, and a1-b1, a2-b1 are false alarms.
ROWS = (
    ("a1", "a2", True, 0.9), ("a1", "a3", True, 0.2), ("b1", "b2", True, 0.8),
    ("a1", "b1", False, 0.5), ("b1", "a2", False, 0.6), ("a3", "b2", False, 0.1),
    ("c1", "a1", False, 0.0), ("c1", "b2", False, 0.3), ("a2", "b2", False, 0.4),
)  # fmt: skip


def _scored() -> ScoredList:
    enroll, test, labels, scores = zip(*ROWS, strict=True)
    trials = Trials(list(enroll), list(test), np.array(labels))
    return ScoredList.of(trials, np.array(scores), SPEAKERS)


def test_threshold_and_errors() -> None:
    scored = _scored()
    assert scored.threshold == 0.5
    assert np.flatnonzero(scored.is_miss).tolist() == [1]
    assert np.flatnonzero(scored.is_false_alarm).tolist() == [3, 4]


def test_speakers() -> None:
    a, b, c = by_speaker(_scored())
    assert (a.name, a.num_target, a.num_miss, a.num_nontarget, a.num_false_alarm) == (
        "a", 2, 1, 5, 2,
    )  # fmt: skip
    assert (b.num_target, b.num_miss, b.num_nontarget, b.num_false_alarm) == (1, 0, 5, 2)
    assert (c.num_target, c.miss_rate, c.false_alarm_rate) == (0, None, 0)
    assert a.miss_rate == 0.5 and a.false_alarm_rate == 0.4


def test_pairs_with_most_false_alarms_come_first() -> None:
    assert by_pair(_scored()) == [("a", "b", 4, 2)]


def test_languages() -> None:
    languages = {"a1": "nl", "a2": "nl", "a3": "nl", "b1": "nl", "b2": "nds"}  # c1: unknown
    nl, across = by_language(_scored(), languages)
    assert (nl.name, nl.num_target, nl.num_miss, nl.num_nontarget) == ("nl", 2, 1, 2)
    assert nl.eer == 0.5
    assert (across.name, across.num_target, across.num_nontarget) == ("two languages", 1, 2)
    assert across.eer == 0
    assert by_language(_scored(), {}) == []


def test_durations_are_those_of_the_shorter_side() -> None:
    seconds = {"a1": 2.5, "a2": 3.0, "a3": 30.0, "b1": 50.0, "b2": 0.5}
    groups = {group.name: group for group in by_duration(_scored(), seconds)}
    assert {name: (g.num_target, g.num_nontarget) for name, g in groups.items()} == {
        "0 to 1 s": (1, 2), "2 to 3 s": (2, 1), "3 to 4 s": (0, 1),
    }  # fmt: skip
    assert groups["2 to 3 s"].eer == 0.5 and groups["3 to 4 s"].eer is None


def test_sessions() -> None:
    sessions = {"a1": "a-x", "a2": "a-x", "a3": "a-y", "b1": "b-x", "b2": "b-y"}
    kinds, each = by_session(_scored(), sessions)
    assert [(g.name, g.num_target, g.num_miss) for g in kinds] == [
        ("one session", 1, 0), ("two sessions", 2, 1),
    ]  # fmt: skip
    found = {g.name: (g.num_target, g.num_miss) for g in each}
    assert found == {"a-x": (2, 1), "a-y": (1, 1), "b-x": (1, 0), "b-y": (1, 0)}
    assert by_session(_scored(), {}) == ([], [])
