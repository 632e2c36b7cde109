"""Halves of the speakers, and trials within them."""

import pytest

from speakernet.backend.speaker_folds import draw_in_folds, speaker_folds, trials_of_fold
from speakernet.config import UserError


def test_folds_are_of_one_size_and_the_seed_decides() -> None:
    names = [f"s{number}" for number in range(9)]
    folds = speaker_folds(reversed(names), 4)
    assert folds == speaker_folds(names * 2, 4) and folds != speaker_folds(names, 5)
    assert sorted(folds.values()) == [0] * 5 + [1] * 4
    with pytest.raises(UserError, match="found 3 speakers to calibrate PLDA with; expected 4"):
        speaker_folds(names[:3], 0)


def test_trials_are_within_a_fold_and_each_is_drawn_once() -> None:
    utt2spk = {f"{s}-{n}": s for s in "abcdefgh" for n in range(4)}
    folds = {s: int(s in "aceg") for s in "abcdefgh"}
    trials = draw_in_folds(folds, utt2spk, 40, 3)
    pairs = list(zip(trials.enroll, trials.test, strict=True))
    assert len(set(pairs)) == len(pairs) == 80 and int(trials.is_target.sum()) == 40
    assert all(folds[a[0]] == folds[b[0]] for a, b in pairs)
    first = trials_of_fold(trials, 1, folds, utt2spk)
    assert len(first) == 40 and all(pairs[place][0][0] in "aceg" for place in first)


def test_a_fold_without_pairs_is_left_to_the_other() -> None:
    utt2spk = {"a-0": "a", "b-0": "b", **{f"{s}-{n}": s for s in "cd" for n in range(3)}}
    folds = {"a": 0, "b": 0, "c": 1, "d": 1}
    trials = draw_in_folds(folds, utt2spk, 4, 0)
    assert {name[0] for name in (*trials.enroll, *trials.test)} == {"c", "d"}
    with pytest.raises(UserError, match="trials need two speakers"):
        draw_in_folds(folds, {"a-0": "a", "b-0": "b", "c-0": "c", "d-0": "d"}, 4, 0)
