"""What the plan says of LibriSpeech before stage 1 is what stage 1 makes of it."""

from pathlib import Path

import estimate_librispeech
import make_librispeech_sets
import pytest
import soundfile

from speakernet.kaldi.tables import read_table
from speakernet.prepare.corpus_estimate import CorpusEstimate, read_estimate
from tests.recordings import speech_like


def make_part(root: Path, part: str, *speakers: str) -> None:
    for number, name in enumerate(f"{s}-{chapter}" for s in speakers for chapter in (27, 1034)):
        folder = root / "LibriSpeech" / part / name.replace("-", "/")
        folder.mkdir(parents=True)
        soundfile.write(folder / f"{name}-0000.flac", speech_like(48000, number), 16000)


def estimate(root: Path, capsys: pytest.CaptureFixture[str]) -> CorpusEstimate:
    capsys.readouterr()
    assert estimate_librispeech.main(["--data-root", str(root), str(root / "out")]) == 0
    (root / "said").write_text(capsys.readouterr().out)
    return read_estimate(root / "said")


def test_sets_are_those_that_are_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (problem,) = estimate(tmp_path, capsys).problems
    assert "found no dev or test part of LibriSpeech" in problem
    make_part(tmp_path, "train-clean-5", "19", "8088", "103")
    make_part(tmp_path, "dev-clean-2", "84", "8842")
    said = estimate(tmp_path, capsys)
    make_librispeech_sets.main(["--data-root", str(tmp_path), str(tmp_path / "out")])
    for name in ("train_clean_5", "cohort_train_clean_5", "test"):
        made = read_table(tmp_path / "out" / name / "utt2spk")
        found = said.sets.pop(name)
        assert (found.utterances, found.speakers) == (len(made), len(set(made.values())))
        assert found.seconds == pytest.approx(3.0 * len(made))
    assert not said.sets and not said.problems
