"""LibriSpeech's sets, from a tree with its layout."""

from pathlib import Path

import make_librispeech_sets
import pytest

from speakernet.config import UserError
from speakernet.kaldi.tables import read_table
from speakernet.kaldi.trials import read_trials


def make_part(root: Path, part: str, *speakers: str) -> None:
    for speaker in speakers:
        for chapter in ("1034", "27"):
            folder = root / "LibriSpeech" / part / speaker / chapter
            folder.mkdir(parents=True)
            for number in range(2):
                (folder / f"{speaker}-{chapter}-{number:04}.flac").write_bytes(b"fLaC")
            (folder / f"{speaker}-{chapter}.trans.txt").write_text("x\n")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "my corpora"
    make_part(root, "train-clean-5", "19", "8088")
    make_part(root, "train-clean-100", "103")
    make_part(root, "dev-clean-2", "84", "8842")
    make_part(root, "test-other", "1688", "17")
    return root


def prepare(root: Path) -> Path:
    make_librispeech_sets.main(["--data-root", str(root), str(root.parent / "out")])
    return root.parent / "out"


def test_each_training_set_whose_parts_are_there_and_a_list_of_each_test_part(
    root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    out = prepare(root)
    assert sorted(path.name for path in out.iterdir()) == [
        "cohort_train_clean_100", "cohort_train_clean_5", "test", "train_clean_100",
        "train_clean_5",
    ]  # fmt: skip
    assert set(read_table(out / "train_clean_5/utt2spk").values()) == {"19", "8088"}
    assert len(read_table(out / "test/utt2spk")) == 16
    sessions = read_table(out / "test/utt2session")
    for name, speakers in (("dev_clean_2", {"84", "8842"}), ("test_other", {"1688", "17"})):
        trials = read_trials(out / f"test/trials_{name}")
        assert {utt.split("-")[0] for utt in trials.enroll + trials.test} == speakers
        pairs = zip(trials.enroll, trials.test, trials.is_target, strict=True)
        assert all(sessions[a] != sessions[b] for a, b, is_target in pairs if is_target)
        assert (int(trials.is_target.sum()), len(trials)) == (8, 8 + 16)
    assert "train-clean-100: found 4 utterances of the 28539" in caplog.text


def test_a_file_with_another_name_is_an_error(root: Path) -> None:
    path = root / "LibriSpeech/dev-clean-2/84/27/85-27-0000.flac"
    path.touch()
    with pytest.raises(UserError, match="85-27-0000.flac: expected a name like 84-27-0000.flac"):
        prepare(root)


def test_missing_parts_are_told_in_a_line(tmp_path: Path) -> None:
    make_part(tmp_path / "x", "dev-clean", "84")
    with pytest.raises(UserError, match="found no training part"):
        prepare(tmp_path / "x")
