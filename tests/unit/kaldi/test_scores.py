"""Score files: read back exactly, and an error with its line for what does not fit the trials."""

from pathlib import Path

import numpy as np
import pytest

from speakernet.config import UserError
from speakernet.kaldi.scores import read_scores, write_scores
from speakernet.kaldi.trials import Trials

TRIALS = Trials(["a", "a", "é"], ["x", "y", "x"], np.array([True, False, True]))


def make(folder: Path, content: str) -> Path:
    path = folder / "scores"
    path.write_text(content)
    return path


def test_scores_are_read_back_exactly_in_any_order(tmp_path: Path) -> None:
    scores = np.array([0.1 + 0.2, -1e-17, np.float64(np.float32(1 / 3))])
    path = tmp_path / "scores"
    write_scores(path, TRIALS, scores)
    np.testing.assert_array_equal(read_scores(path, TRIALS), scores)
    path.write_text("".join(reversed(path.read_text().splitlines(keepends=True))))
    np.testing.assert_array_equal(read_scores(path, TRIALS), scores)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a x 1\na y 2\n", "no score for 'é x', trial 3"),
        ("a x 1\na y 2\né x 3\na x 1\n", "scores:4: 'a x' is scored twice"),
        ("a x 1\na y 2\né x 3\nb x 1\n", "scores:4: 'b x' is not in the trial list"),
        ("a x 1\nx a 2\né x 3\n", "scores:2: 'x a' is not in the trial list"),
        ("a x 1\na y nan\né x 3\n", "scores:2: score 'nan'; expected a finite number"),
        ("a x 1\na y 2\né x -inf\n", "scores:3: score '-inf'"),
        ("a x 1\na y 2\né x three\n", "scores:3: score 'three'"),
        ("a x 1\na y 2_0\né x 3\n", "scores:2: score '2_0'"),
        ("a x 1\na y 2\né x 8e308\n", "scores:3: score '8e308'"),
        ("a x 1\na y ٢\né x 3\n", "scores:2: score '٢'"),
        ("A x 1\na y 2\né x 3\n", "scores:1: 'A x' is not in .*'a x' is there.* in case"),
        ("a x 1\na y 2\ne\u0301 x 3\n", "'<U.00E9> x' is there.*by Unicode normalisation"),
        ("a x 1\na y\né x 3\n", "scores:2: found 2 fields"),
        ("", "no score for 'a x'"),
    ],
)
def test_broken_scores(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        read_scores(make(tmp_path, content), TRIALS)


def test_a_repeated_trial_may_be_scored_as_often(tmp_path: Path) -> None:
    trials = Trials(["a", "b", "a"], ["x", "x", "x"], np.array([True, False, True]))
    path = make(tmp_path, "a x 1\na x 1\nb x 2\n")
    np.testing.assert_array_equal(read_scores(path, trials), [1, 2, 1])
    path.write_text("a x 1\na x 1.5\nb x 2\n")
    with pytest.raises(UserError, match="scores:2: 'a x' is scored twice"):
        read_scores(path, trials)


def test_scores_that_are_not_finite_are_not_written(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="the score of 'a y' is nan"):
        write_scores(tmp_path / "scores", TRIALS, np.array([1, np.nan, 2]))
    assert list(tmp_path.iterdir()) == []
