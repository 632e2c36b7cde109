"""The trials that a system gets most wrong."""

import numpy as np

from speakernet.kaldi.trials import Trials
from speakernet.report.hardest import hardest
from speakernet.report.scored_list import ScoredList


def test_the_worst_come_first_and_one_pair_does_not_fill_the_list() -> None:
    names = [f"{speaker}{n}" for speaker in "abc" for n in range(3)]
    pairs = [(one, two) for i, one in enumerate(names) for two in names[i:]]
    labels = np.array([one[0] == two[0] for one, two in pairs])
    scores = np.arange(len(pairs), dtype=np.float64)
    trials = Trials([one for one, _ in pairs], [two for _, two in pairs], labels)
    scored = ScoredList.of(trials, scores, {name: name[0] for name in names})
    targets, others = hardest(scored, 5)
    # a0-a0 compares an utterance with itself; a1-a2 would be the third of speaker a.
    assert [(t.enroll, t.test) for t in targets] == [
        ("a0", "a1"), ("a0", "a2"), ("b0", "b1"), ("b0", "b2"), ("c0", "c1"),
    ]  # fmt: skip
    assert [t.score for t in others] == sorted((t.score for t in others), reverse=True)
    assert [t.speakers for t in others] == [
        ("b", "c"), ("b", "c"), ("a", "c"), ("a", "c"), ("a", "b"),
    ]  # fmt: skip
    assert others[0].enroll == "b2" and others[0].test == "c2"


def test_of_many_trials_only_the_worst_are_sorted() -> None:
    generator = np.random.default_rng(0)
    labels = np.arange(9000) % 3 == 0
    names = [f"s{n}" for n in range(9000)]
    scores = generator.normal(size=9000)
    utt2spk = {name: name for name in names} | {f"t{n}": f"s{n}" for n in range(9000)}
    tests = [f"t{n}" if same else names[n - 1] for n, same in enumerate(labels.tolist())]
    scored = ScoredList.of(Trials(names, tests, labels), scores, utt2spk)
    targets, others = hardest(scored, 4)
    assert [t.score for t in targets] == np.sort(scores[labels])[:4].tolist()
    assert [t.score for t in others] == np.sort(scores[~labels])[::-1][:4].tolist()
