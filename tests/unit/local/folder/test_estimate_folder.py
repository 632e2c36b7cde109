"""What the plan says of a folder before stage 1 is what stage 1 makes of it."""

from pathlib import Path

import estimate_folder
import make_folder_sets
import pytest

from speakernet.kaldi.tables import read_table
from speakernet.prepare.corpus_estimate import CorpusEstimate, read_estimate
from tests.recordings import write_noise


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Five speakers with three recordings of 2 s each, in two sessions."""
    root = tmp_path / "my folder"
    for speaker in range(5):
        for take in range(3):
            folder = root / f"Speaker {speaker}" / f"day {take % 2}"
            folder.mkdir(parents=True, exist_ok=True)
            write_noise(folder / f"take {take}.wav", 10 * speaker + take, 32000)
    return root


def estimate(root: Path, capsys: pytest.CaptureFixture[str]) -> CorpusEstimate:
    out = root.parent / "out"
    capsys.readouterr()
    assert estimate_folder.main(["--data-root", str(root), "--nj", "2", str(out)]) == 0
    (root.parent / "said").write_text(capsys.readouterr().out)
    return read_estimate(root.parent / "said")


def test_sets_are_those_that_are_made(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = estimate(root, capsys)
    out = root.parent / "out"
    assert not out.exists()
    make_folder_sets.main(["--data-root", str(root), str(out)])
    made = {name: read_table(out / name / "utt2spk") for name in ("train", "test", "cohort")}
    assert {name: (s.utterances, s.speakers) for name, s in said.sets.items()} == {
        name: (len(table), len(set(table.values()))) for name, table in made.items()
    }
    assert said.sets["train"].seconds == pytest.approx(2.0 * len(made["train"]))
    assert said.sets["test"].samples[0].endswith(".wav") and not said.problems
    ((folder, size),) = said.writes
    assert folder == out and size > 0
    for name in ("musan/noise", "RIRS_NOISES/simulated_rirs"):
        (root / name).mkdir(parents=True)
    assert estimate(root, capsys).writes == [(out, 0)]


def test_a_table_of_parts_and_a_file_that_cannot_be_read(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "Speaker 0/day 0/take 0.wav").write_bytes(b"RIFF")
    assert estimate(root, capsys).sets["train"].seconds > 0
    rows = [f"Speaker {s}/day 1/take 1.wav,s{s},{start},{start + 0.75}" for s in range(4)
            for start in (0, 1)]  # fmt: skip
    (root / "parts.csv").write_text("path,speaker,start,end\n" + "\n".join(rows) + "\n")
    assert {n: s.utterances for n, s in estimate(root, capsys).sets.items()} == {
        "train": 4, "test": 4, "cohort": 4}  # fmt: skip


def test_problems_are_those_of_the_preparation(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for speaker in range(2, 5):
        (root / f"Speaker {speaker}").rename(root / f".{speaker}")
    (problem,) = estimate(root, capsys).problems
    assert "found 2 speakers with a usable recording" in problem
    for path in root.rglob("*.wav"):
        path.write_bytes(b"")
    (problem,) = estimate(root, capsys).problems
    assert "cannot be read, nor can others that were tried" in problem
