"""Trial lists: both forms, and an error with file and line for everything else."""

from pathlib import Path

import numpy as np
import pytest

from speakernet.config import UserError
from speakernet.kaldi.trials import Trials, read_trials, write_trials

TRIALS = Trials(["a", "a", "é"], ["x", "y", "x"], np.array([True, False, True]))


def make(folder: Path, content: str) -> Path:
    path = folder / "trials"
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


BROKEN = {
    "": "no trials",
    "a x same\n": "trials:1: found 'a x same'; expected '<utt1> <utt2> target|nontarget'",
    "a x target\n1 a x\n": "trials:2: found '1 a x'.*as on line 1",
    "1 a x\na x target\n": "trials:2: found 'a x target'.*as on line 1",
    "1 a x\n2 a x\n": "trials:2: found '2 a x'",
    "a x target\na y imposter\n": "trials:2: found 'a y imposter'",
    "1 a x\n1 a\n": "trials:2: found 2 fields in '1 a'; expected 3",
    "1 a x\n1 a\n0 a x y\n": "trials:2: found 2 fields",
    "1 a x\n\n": "trials:2: empty line",
    "1 a x\r\n": "trials:1: the line ends in CR LF",
    "a x target\na y target\na x nontarget\n": "trials:3: 'a x' is a nontarget here and a target",
    "1 a x\n0 a y\n0 x a\n": "trials:3: 'x a' is a nontarget here and a target on line 1",
    "\ufeffa x target\n": r"trials:1: U\+FEFF",
    "1 a x": "trials:1: the last line does not end in a newline",
}


@pytest.mark.parametrize("content", BROKEN)
def test_broken_trials(tmp_path: Path, content: str) -> None:
    path = tmp_path / "trials"
    path.write_bytes(content.encode())
    with pytest.raises(UserError, match=BROKEN[content].replace("|", r"\|")):
        read_trials(path)


def test_written_trials_are_kaldis(tmp_path: Path) -> None:
    write_trials(tmp_path / "trials", TRIALS)
    assert (tmp_path / "trials").read_text() == "a x target\na y nontarget\né x target\n"


def test_pairs_on_two_lines_and_of_one_utterance_are_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    trials = read_trials(make(tmp_path, "1 a x\n0 a y\n1 x a\n1 a x\n1 b b\n"))
    assert len(trials) == 5
    assert "2 lines repeat a pair" in caplog.text
    assert "1 trials compare an utterance with itself" in caplog.text
