"""What the plan says of CN-Celeb before stage 1."""

from pathlib import Path

import estimate_cnceleb
import pytest
import soundfile

from speakernet.prepare.corpus_estimate import CorpusEstimate, read_estimate
from tests.recordings import speech_like


def estimate(root: Path, capsys: pytest.CaptureFixture[str]) -> CorpusEstimate:
    capsys.readouterr()
    arguments = ["--data-root", str(root), "--nj", "3", str(root / "out")]
    assert estimate_cnceleb.main(arguments) == 0
    (root / "said").write_text(capsys.readouterr().out)
    return read_estimate(root / "said")


def test_sets_of_what_is_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (problem,) = estimate(tmp_path, capsys).problems
    assert "found no CN-Celeb" in problem
    tree = tmp_path / "CN-Celeb_flac"
    names = ["data/id00003/play-01-001", "data/id00009/vlog-01-001", "data/id00009/vlog-02-001",
             "eval/enroll/id00800-enroll", "eval/test/id00800-drama-01-001"]  # fmt: skip
    for number, name in enumerate(names):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(tree / f"{name}.flac", speech_like(24000, number), 16000)
    (tree / "dev").mkdir()
    (tree / "dev/dev.lst").write_text("id00003\nid00009\n")
    (tree / "eval/lists").mkdir()
    (tree / "eval/lists/enroll.lst").write_text("id00800-enroll enroll/id00800-enroll.wav\n")
    trials = "id00800-enroll test/id00800-drama-01-001.wav 1\n"
    (tree / "eval/lists/trials.lst").write_text(trials)
    said = estimate(tmp_path, capsys)
    sizes = {name: (s.utterances, s.speakers, s.seconds) for name, s in said.sets.items()}
    assert sizes == {
        "cnceleb1_dev": (3, 2, 4.5), "cohort_cnceleb1_dev": (3, 2, 4.5), "test": (2, 1, 3.0),
    }  # fmt: skip
    (tree / f"{names[-1]}.flac").unlink()
    (problem,) = estimate(tmp_path, capsys).problems
    assert "no such file" in problem and "id00800-drama-01-001" in problem
