"""Sizes of sets, told by a corpus or by tables."""

from pathlib import Path

import pytest

from speakernet.config import UserError
from speakernet.prepare.corpus_estimate import SetSize, read_estimate, size_of_tables


def test_what_a_corpus_says(tmp_path: Path) -> None:
    path = tmp_path / "estimate"
    path.write_text(
        "set\ttrain\t20\t4\t81.5\tffmpeg -i 'a b.m4a' -f wav - |\nset\ttest\t3\t2\t9\t\n"
        "write\t/data/vox 1\t123\nproblem\tvox1_dev_wav_partab is missing\n"
    )
    found = read_estimate(path)
    entry = "ffmpeg -i 'a b.m4a' -f wav - |"
    assert found.sets == {"train": SetSize(20, 4, 81.5, (entry,)), "test": SetSize(3, 2, 9.0)}
    assert found.writes == [(Path("/data/vox 1"), 123)]
    assert found.problems == ["vox1_dev_wav_partab is missing"]


@pytest.mark.parametrize(
    "line",
    ["set\ttrain\t20\t4\t81.5", "set\ttrain\t-1\t4\t8\t", "write\tx\tmany", "sets", "\x00", "",
     "set\ttrain\t1\t1\tnan\t", "write\tx\t-5"],
)  # fmt: skip
def test_other_lines_are_named(line: str, tmp_path: Path) -> None:
    (tmp_path / "estimate").write_text(f"problem\tx\n{line}\n")
    with pytest.raises(UserError, match="estimate:2: found .*expected a line of set, write or"):
        read_estimate(tmp_path / "estimate")


def test_a_set_by_its_tables(train: Path) -> None:
    assert size_of_tables(train.parent / "none") is None
    size = size_of_tables(train)
    assert size is not None
    assert (size.utterances, size.speakers, len(size.samples)) == (4, 2, 4)
    assert size.seconds == 4 * 8  # no table says it
    (train / "reco2dur").write_text("s0-u0 1.5\ns0-u1 2\ns1-u2 3.25\ns1-u3 0.7\n")
    size = size_of_tables(train)
    assert size is not None
    assert size.seconds == 7.45


def test_copies_of_a_set() -> None:
    copies = SetSize(10, 5, 80.0).with_copies(num_speeds=2, num_copies=4)
    assert (copies.utterances, copies.speakers, copies.seconds) == (150, 15, 1200.0)
    assert (copies.versions, copies.augmented) == (5, 0.8)
