"""Trial lists and score files: both forms, and an error with file and line for everything else."""

from pathlib import Path

import numpy as np
import pytest

from speakernet.config import UserError
from speakernet.kaldi.scores import read_scores, write_scores
from speakernet.kaldi.trials import Trials, read_trials, write_trials

TRIALS = Trials(["a", "a", "é"], ["x", "y", "x"], np.array([True, False, True]))


def make(folder: Path, content: str, name: str = "trials") -> Path:
    path = folder / name
    path.write_text(content)
    return path


@pytest.mark.parametrize(
    "content",
    [
        "a x target\na y nontarget\né x target\n",
        "1 a x\n0 a y\n1 é x\n",
        "1\ta  x \n0 a y\n1 é x\n",
    ],
)
def test_both_forms(tmp_path: Path, content: str) -> None:
    trials = read_trials(make(tmp_path, content))
    assert (trials.enroll, trials.test, len(trials)) == (TRIALS.enroll, TRIALS.test, 3)
    np.testing.assert_array_equal(trials.is_target, TRIALS.is_target)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "no trials"),
        ("a x same\n", "trials:1: found 'a x same'; expected '<utt1> <utt2> target|nontarget'"),
        ("a x target\n1 a x\n", "trials:2: found '1 a x'.*as on line 1"),
        ("1 a x\na x target\n", "trials:2: found 'a x target'.*as on line 1"),
        ("1 a x\n2 a x\n", "trials:2: found '2 a x'"),
        ("a x target\na y imposter\n", "trials:2: found 'a y imposter'"),
        ("1 a x\n1 a\n", "trials:2: found 2 fields in '1 a'; expected 3"),
        ("1 a x\n1 a\n0 a x y\n", "trials:2: found 2 fields"),
        ("1 a x\n\n", "trials:2: empty line"),
        ("1 a x\r\n", "trials:1: the line ends in CR LF"),
        ("1 a x", "trials:1: the last line does not end in a newline"),
    ],
)
def test_broken_trials(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "trials"
    path.write_bytes(content.encode())
    with pytest.raises(UserError, match=message.replace("|", r"\|")):
        read_trials(path)


def test_written_trials_are_kaldis(tmp_path: Path) -> None:
    write_trials(tmp_path / "trials", TRIALS)
    assert (tmp_path / "trials").read_text() == "a x target\na y nontarget\né x target\n"


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
        ("a x 1\na y\né x 3\n", "scores:2: found 2 fields"),
        ("", "no score for 'a x'"),
    ],
)
def test_broken_scores(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        read_scores(make(tmp_path, content, "scores"), TRIALS)


def test_a_repeated_trial_may_be_scored_as_often(tmp_path: Path) -> None:
    trials = Trials(["a", "b", "a"], ["x", "x", "x"], np.array([True, False, True]))
    path = make(tmp_path, "a x 1\na x 1\nb x 2\n", "scores")
    np.testing.assert_array_equal(read_scores(path, trials), [1, 2, 1])
    path.write_text("a x 1\na x 1.5\nb x 2\n")
    with pytest.raises(UserError, match="scores:2: 'a x' is scored twice"):
        read_scores(path, trials)


def test_scores_that_are_not_finite_are_not_written(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="the score of 'a y' is nan"):
        write_scores(tmp_path / "scores", TRIALS, np.array([1, np.nan, 2]))
    assert list(tmp_path.iterdir()) == []
