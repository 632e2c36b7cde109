"""Which pairs of utterances are trials."""

from trial_rules import all_pairs, cross_session, same_language

from tests.unit.local.debian_voices.recordings import LANGUAGES, TEST


def count(trials: list[tuple[str, str, str]]) -> tuple[int, int]:
    labels = [label for _, _, label in trials]
    return labels.count("target"), labels.count("nontarget")


def test_targets_cross_sessions_and_nontargets_are_all_pairs_of_two_speakers() -> None:
    trials = list(cross_session(TEST))
    assert count(trials) == (2 + 1, 3 * 2 + 3 * 2 + 2 * 2)
    assert ("a-x-001", "a-y-001", "target") in trials
    assert not any({left, right} == {"a-x-001", "a-x-002"} for left, right, _ in trials)
    assert all(left < right for left, right, _ in trials)


def test_all_pairs_has_each_pair_once() -> None:
    trials = list(all_pairs(TEST))
    assert len({frozenset(trial[:2]) for trial in trials}) == len(trials) == 7 * 6 // 2
    assert count(trials) == (3 + 1 + 1, 16)


def test_same_language_keeps_the_targets_and_the_near_nontargets() -> None:
    assert count(list(same_language(TEST, LANGUAGES))) == (3, 3 * 2)
