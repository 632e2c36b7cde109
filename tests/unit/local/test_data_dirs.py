"""Sets and trial lists from recordings."""

from pathlib import Path

import pytest
from corpus_tables import SpeakerRow, read_speakers
from data_dirs import first_of_each, write_sets
from package_content import Recording
from trial_rules import all_pairs, cross_session, same_language

from speakernet.config import UserError
from speakernet.kaldi.datadir import validate
from speakernet.kaldi.trials import read_trials

HEADER = "speaker\tlanguage\tgender\trole\tpackage\tpattern\tsession\tsubset\n"


def recordings(speaker: str, *sessions: tuple[str, int]) -> list[Recording]:
    return [
        Recording(f"{speaker}-{session}-{number:03d}", speaker, session, 16000 * number)
        for session, count in sessions
        for number in range(1, count + 1)
    ]


TEST = [
    *recordings("a", ("x", 2), ("y", 1)),
    *recordings("b", ("x", 1), ("y", 1)),
    *recordings("c", ("x", 2)),
]
LANGUAGES = {"a": "el", "b": "el", "c": "fr"}


@pytest.fixture
def speakers(tmp_path: Path) -> dict[str, SpeakerRow]:
    roles = {"a": "test", "b": "test", "c": "test", "d": "train", "e": "cohort"}
    lines = [f"{s}\t{LANGUAGES.get(s, 'cs')}\t-\t{roles[s]}\tp\tx\ty\t-\n" for s in "abcde"]
    (tmp_path / "t.tsv").write_text(HEADER + "".join(lines))
    return {row.speaker: row for row in read_speakers(tmp_path / "t.tsv")}


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


def test_the_cohort_takes_the_first_of_each_session_in_turns() -> None:
    members = recordings("d", ("x", 5), ("y", 2))
    assert [r.utt for r in first_of_each(members, 5)] == [
        "d-x-001",
        "d-y-001",
        "d-x-002",
        "d-y-002",
        "d-x-003",
    ]


def test_the_sets_are_valid_data_dirs(tmp_path: Path, speakers: dict[str, SpeakerRow]) -> None:
    everything = [*TEST, *recordings("d", ("x", 3)), *recordings("e", ("x", 1))]
    write_sets(tmp_path / "out", Path("data/wav"), speakers, everything)
    for name in ("train", "test", "cohort"):
        validate(tmp_path / "out" / name, feats=False, text=False)
    wavs = (tmp_path / "out" / "cohort" / "wav.scp").read_text().splitlines()
    assert wavs[0] == "d-x-001 data/wav/d/d-x-001.wav"
    assert len(wavs) == 4
    assert read_trials(tmp_path / "out" / "test" / "trials").is_target.sum() == 3


def test_an_empty_set_is_an_error(tmp_path: Path, speakers: dict[str, SpeakerRow]) -> None:
    with pytest.raises(UserError, match="train: no utterance is left"):
        write_sets(tmp_path / "out", Path("wav"), speakers, TEST)


def test_an_utterance_from_two_packages_is_an_error(
    tmp_path: Path, speakers: dict[str, SpeakerRow]
) -> None:
    with pytest.raises(UserError, match="two packages give utterance 'a-x-001'"):
        write_sets(tmp_path / "out", Path("wav"), speakers, [*TEST, TEST[0]])
