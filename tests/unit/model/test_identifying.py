"""Who speaks: Bayes' rule, and a store of real embeddings."""

from pathlib import Path

import numpy as np
import pytest

import speakernet
from speakernet.config import UserError
from speakernet.model.identifying import probabilities
from speakernet.model.people import People
from speakernet.model.results import Embedding


def test_probabilities_follow_bayes_rule() -> None:
    llrs, prior = np.array([2.0, -1.0, 0.5]), 0.3
    joint = [prior / 3 * np.exp(llr) for llr in llrs]
    expected = np.array(joint) / (sum(joint) + 1 - prior)
    np.testing.assert_allclose(probabilities(llrs, prior), expected)
    assert probabilities(np.array([1e4, -1e4]), 0.5).tolist() == [1.0, 0.0]


def test_finds_people_and_nobody(made: Path, tmp_path: Path) -> None:
    model, data = speakernet.load_model(made / "package"), made / "data"
    store = People(tmp_path)
    for speaker in range(4):
        found = model.embed_many([data / f"s{speaker}-{n}.wav" for n in (1, 2)])
        known = [each for each in found if isinstance(each, Embedding)]
        store.add(f"speaker {speaker}", known, model.description.identity)
    people = model.open_people(tmp_path)
    answers = [model.identify(data / f"s{n}-1.wav", people, prior=0.9) for n in range(4)]
    best = [answer.candidates[0].name for answer in answers]
    assert best[:2] == ["speaker 0", "speaker 1"]
    for answer in answers:
        llrs = [each.llr for each in answer.candidates]
        assert len(llrs) == 4 and llrs == sorted(llrs, key=lambda llr: -(llr or 0))
    assert model.identify(data / "s6-3.wav", people, prior=1e-6).name is None
    with pytest.raises(UserError, match="nobody to compare with"):
        model.identify(data / "s6-3.wav", [])
    with pytest.raises(UserError, match="prior=0"):
        model.identify(data / "s6-3.wav", people, prior=0)


def test_one_recording_of_a_person_is_a_comparison(made: Path, tmp_path: Path) -> None:
    model, data = speakernet.load_model(made / "package"), made / "data"
    (one,) = model.embed_many([data / "s2-3.wav"])
    assert isinstance(one, Embedding)
    People(tmp_path).add("two", [one], model.description.identity)
    (found,) = model.identify(data / "s5-3.wav", model.open_people(tmp_path)).candidates
    pair = model.verify(data / "s2-3.wav", data / "s5-3.wav")
    assert (found.score, found.llr) == pytest.approx((pair.score, pair.llr), abs=1e-6)
