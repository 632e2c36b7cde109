"""speakernet make-trials: pairs of utterances of known speakers."""

from pathlib import Path

import pytest

from speakernet.backend.trial_drawing import draw_trials
from speakernet.bin import make_trials
from speakernet.config import UserError
from speakernet.kaldi.trials import read_trials


def test_drawn_trials() -> None:
    utt2spk = {f"u{i:02d}": f"s{i % 5}" for i in range(30)} | {"lone": "t"}
    trials = draw_trials(utt2spk, 20, 50, seed=3)
    pairs = list(zip(trials.enroll, trials.test, strict=True))
    assert len(set(pairs)) == len(pairs) == 70
    assert int(trials.is_target.sum()) == 20
    assert all(one != two for one, two in pairs)
    same = [utt2spk[one] == utt2spk[two] for one, two in pairs]
    assert same == trials.is_target.tolist()
    again = draw_trials(dict(reversed(utt2spk.items())), 20, 50, seed=3)
    assert again.enroll == trials.enroll and again.test == trials.test
    assert draw_trials(utt2spk, 20, 50, seed=4).enroll != trials.enroll
    # More than there are: every pair of 31 utterances.
    assert len(draw_trials(utt2spk, 10**6, 10**6, seed=0)) == 31 * 30 // 2


def test_targets_are_drawn_from_two_sessions() -> None:
    utt2spk = {f"u{i:02d}": f"s{i % 5}" for i in range(30)}
    sessions = {name: f"{utt2spk[name]}-{int(name[1:]) // 10}" for name in utt2spk}
    sessions |= {name: "one" for name, speaker in utt2spk.items() if speaker == "s4"}
    trials = draw_trials(utt2spk, 1000, 10, 0, sessions)
    targets = [
        (one, two)
        for one, two, target in zip(trials.enroll, trials.test, trials.is_target, strict=True)
        if target
    ]
    # Four speakers of three sessions with two utterances each; the fifth has but one session.
    assert len(targets) == 4 * 3 * 4
    assert all(sessions[one] != sessions[two] for one, two in targets)
    with pytest.raises(UserError, match="utt2session has no line for utterance 'u29'"):
        draw_trials(utt2spk, 1, 1, 0, dict(list(sessions.items())[:-1]))


def test_speakers_that_trained_the_network_are_left_out(tmp_path: Path) -> None:
    for name, speakers in (("all", "abc"), ("trained", "b")):
        lines = [f"{speaker}-{i} {speaker}\n" for speaker in speakers for i in range(4)]
        (tmp_path / name).write_text("".join(lines), encoding="utf-8")
    paths = [str(tmp_path / name) for name in ("trained", "all", "trials")]
    assert make_trials.main(["--exclude", *paths]) == 0
    trials = read_trials(tmp_path / "trials")
    assert {name[0] for name in (*trials.enroll, *trials.test)} == {"a", "c"}


def test_trials_need_pairs() -> None:
    with pytest.raises(UserError, match="one of them with two sessions, or utterances"):
        draw_trials({"a": "s", "b": "s"}, 1, 1, seed=0)
    with pytest.raises(UserError, match="one of them with two sessions"):
        draw_trials({"a": "s", "b": "s", "c": "t"}, 1, 1, 0, dict.fromkeys("abc", "x"))
