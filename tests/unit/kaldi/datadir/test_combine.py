"""Merging data directories."""

from pathlib import Path

import pytest

from speakernet.config import UserError
from speakernet.kaldi import datadir
from speakernet.kaldi.datadir import Affixes
from tests.unit.kaldi.datadir.data_dirs import UTTERANCES, content, make, speakers_of, write


def test_combine_merges_and_copy_renames(tmp_path: Path) -> None:
    one = make(tmp_path / "one")
    datadir.copy(one, tmp_path / "two", Affixes(utt_suffix="-noise"))
    datadir.combine(tmp_path / "all", [one, tmp_path / "two"])
    datadir.validate(tmp_path / "all")
    assert len(speakers_of(tmp_path / "all")) == 2 * len(UTTERANCES)
    assert speakers_of(tmp_path / "all")["s1-u0-noise"] == "s1"
    uniq = (tmp_path / "all" / "utt2uniq").read_text().splitlines()
    assert uniq[:2] == ["s1-u0 s1-u0", "s1-u0-noise s1-u0"]
    assert (tmp_path / "all" / "frame_shift").exists()


def test_combine_with_different_optional_files(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    plain = make(tmp_path / "plain", [f"p{n}-u" for n in range(3)])
    cut = make(tmp_path / "cut", segments=True)
    (cut / "spk2gender").unlink()
    write(plain / "extra", [f"p{n}-u x" for n in range(3)])
    write(cut / "extra", [f"{utt} x" for utt in UTTERANCES])
    datadir.combine(tmp_path / "all", [plain, cut], extra_files=["extra"])
    datadir.validate(tmp_path / "all")
    assert "not combining spk2gender as it does not exist everywhere" in caplog.text
    assert "p0-u p0-u 0.0 1.5" in (tmp_path / "all" / "segments").read_text()
    assert len((tmp_path / "all" / "extra").read_text().splitlines()) == 3 + len(UTTERANCES)
    (plain / "utt2dur").unlink()
    (plain / "reco2dur").unlink()
    with pytest.raises(UserError, match=r"plain: others have segments.*utt2dur"):
        datadir.combine(tmp_path / "all", [plain, cut])


def test_combine_refuses_and_keeps_what_was_there(tmp_path: Path) -> None:
    one, two = make(tmp_path / "one"), make(tmp_path / "two", ["t1-u"])
    target = make(tmp_path / "all", ["old-u"])
    before = content(target)
    write(two / "frame_shift", ["0.02"])
    with pytest.raises(UserError, match=r"frame_shift.*differ"):
        datadir.combine(target, [one, two])
    with pytest.raises(UserError, match="'s1-u0' is in two sources"):
        datadir.combine(target, [one, make(tmp_path / "three", UTTERANCES[:2])])
    with pytest.raises(UserError, match="both source and destination"):
        datadir.combine(target, [one, target])
    assert content(target) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["all", "one", "three", "two"]


def test_combine_sorts_its_sources(tmp_path: Path) -> None:
    one, two = make(tmp_path / "one"), make(tmp_path / "two", ["t2-u", "t1-u"])
    datadir.combine(tmp_path / "all", [one, two])
    datadir.validate(tmp_path / "all")
