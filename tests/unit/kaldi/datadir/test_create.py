"""Data directories that are written from a list of utterances."""

from pathlib import Path

import pytest

from speakernet.config import UserError
from speakernet.kaldi.datadir import NewUtterance, Stretch, cohort_of, create, in_turns
from speakernet.kaldi.tables import read_table


def utterances(speaker: str, *sessions: tuple[str, int]) -> list[NewUtterance]:
    return [
        NewUtterance(f"{speaker}-{session}-{n}", speaker, f"wav/{n}.wav", f"{speaker}-{session}")
        for session, count in sessions
        for n in range(1, count + 1)
    ]


def test_the_tables_are_sorted_and_say_what_is_known(tmp_path: Path) -> None:
    create(tmp_path, [*utterances("b", ("x", 1)), *utterances("a", ("y", 1), ("x", 1))])
    assert list(read_table(tmp_path / "wav.scp")) == ["a-x-1", "a-y-1", "b-x-1"]
    assert read_table(tmp_path / "utt2session")["a-y-1"] == "a-y"
    assert not (tmp_path / "utt2dur").exists() and not (tmp_path / "utt2lang").exists()
    create(tmp_path, [u._replace(language="nds") for u in utterances("c", ("z", 2))])
    assert read_table(tmp_path / "utt2lang") == {"c-z-1": "nds", "c-z-2": "nds"}


def test_utterances_can_be_parts_of_one_recording(tmp_path: Path) -> None:
    parts = [Stretch("a-rec", 0, 2.25), Stretch("a-rec", 2.25, 4)]
    made = [
        NewUtterance(f"a-{n}", "a", "long.mp3", "", part.end_s - part.start_s, part)
        for n, part in enumerate(parts)
    ]
    create(tmp_path, made)
    assert (tmp_path / "wav.scp").read_text() == "a-rec long.mp3\n"
    assert (tmp_path / "segments").read_text() == "a-0 a-rec 0 2.25\na-1 a-rec 2.25 4\n"
    assert (tmp_path / "utt2dur").read_text() == "a-0 2.2500\na-1 1.7500\n"
    assert not (tmp_path / "reco2dur").exists()


def test_an_utterance_that_is_there_twice_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="utt2spk:2: duplicate id 'a-x-1'"):
        create(tmp_path, 2 * utterances("a", ("x", 1)))


def test_sessions_take_turns() -> None:
    members = utterances("d", ("x", 5), ("y", 2))
    taken = [u.utt for u in in_turns(members, 5)]
    assert taken == ["d-x-1", "d-y-1", "d-x-2", "d-y-2", "d-x-3"]


def test_a_cohort_has_fewer_of_each_of_many_speakers() -> None:
    assert len(cohort_of(utterances("d", ("x", 30)))) == 20
    many = [u for n in range(5000) for u in utterances(f"s{n:04}", ("x", 6))]
    assert len(cohort_of(many)) == 20_000
