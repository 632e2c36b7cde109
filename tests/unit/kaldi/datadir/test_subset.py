"""Choosing some of the utterances of a data directory."""

import itertools
from pathlib import Path

import pytest

from speakernet.config import UserError
from speakernet.kaldi import datadir
from speakernet.kaldi.datadir import Id
from speakernet.kaldi.datadir.subset import spread
from speakernet.kaldi.tables import read_table
from tests.unit.kaldi.datadir.data_dirs import (
    SPEAKERS,
    UTTERANCES,
    make,
    speaker,
    speakers_of,
    write,
)


@pytest.mark.parametrize("selection", [s for s in datadir.SELECTIONS if s != "per-spk"])
@pytest.mark.parametrize("segments", [False, True])
def test_subset(tmp_path: Path, selection: str, segments: bool) -> None:
    source = make(tmp_path / "a", segments=segments)
    datadir.subset(source, tmp_path / "b", 4, selection)
    datadir.validate(tmp_path / "b")
    chosen = list(speakers_of(tmp_path / "b"))
    if selection == "speakers":
        assert len(chosen) >= 4
        whole = [len(list(group)) for _, group in itertools.groupby(chosen, key=speaker)]
        assert all(size in SPEAKERS.values() for size in whole)
    else:
        expected = {
            "spread": [UTTERANCES[i] for i in (0, 2, 5, 7)],
            "first": UTTERANCES[:4],
            "last": UTTERANCES[-4:],
            "shortest": [UTTERANCES[i] for i in (0, 3, 6, 9)],
        }
        assert chosen == expected[selection]


def test_subset_per_speaker_and_by_list(tmp_path: Path) -> None:
    source = make(tmp_path / "a")
    datadir.subset(source, tmp_path / "b", 2, "per-spk")
    assert [len(utts.split()) for utts in read_table(tmp_path / "b/spk2utt").values()] == [
        2,
        1,
        2,
        2,
    ]
    write(tmp_path / "list", ["s1-u1 whatever", "s4-u0", "unknown"])
    datadir.subset_by_list(source, tmp_path / "b", tmp_path / "list")
    assert list(speakers_of(tmp_path / "b")) == ["s1-u1", "s4-u0"]
    write(tmp_path / "list", ["s2", "s4"])
    datadir.subset_by_list(source, tmp_path / "b", tmp_path / "list", Id.SPEAKER)
    assert list(read_table(tmp_path / "b/spk2utt")) == ["s2", "s4"]
    datadir.validate(tmp_path / "b")


@pytest.mark.parametrize("segments", [False, True])
def test_subset_by_recordings(tmp_path: Path, segments: bool) -> None:
    source = make(tmp_path / "a", segments=segments)
    listed = ["rec-s1 20", "rec-s4 20"] if segments else ["s1-u1 20", "s4-u0 20"]
    write(tmp_path / "reco2dur", listed)
    datadir.subset_by_list(source, tmp_path / "b", tmp_path / "reco2dur", Id.RECORDING)
    datadir.validate(tmp_path / "b")
    expected = ["s1-u0", "s1-u1", "s1-u2", "s4-u0", "s4-u1"] if segments else ["s1-u1", "s4-u0"]
    assert list(speakers_of(tmp_path / "b")) == expected
    assert (tmp_path / "b/reco2dur").read_text() == "".join(f"{line}\n" for line in listed)


def test_subset_refusals(tmp_path: Path) -> None:
    source = make(tmp_path / "a")
    write(tmp_path / "list", ["unknown"])
    with pytest.raises(UserError, match="cannot take 11 utterances of 10"):
        datadir.subset(source, tmp_path / "b", 11)
    with pytest.raises(UserError, match="none of its 1 ids"):
        datadir.subset_by_list(source, tmp_path / "b", tmp_path / "list")
    with pytest.raises(UserError, match="would replace its source"):
        datadir.subset(source, source, 3)
    (source / "utt2num_frames").unlink()
    (source / "utt2dur").unlink()
    with pytest.raises(UserError, match="needs utt2num_frames or utt2dur"):
        datadir.subset(source, tmp_path / "b", 3, "shortest")
    assert not (tmp_path / "b").exists()


def test_spread_is_even() -> None:
    items = [b"%d" % n for n in range(10)]
    assert spread(items, 5) == items[::2]
    assert spread(items, 20) == items


def test_a_folder_that_is_a_link_stays_one(tmp_path: Path) -> None:
    source = make(tmp_path / "a")
    (tmp_path / "large disk").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "large disk")
    for count in (2, 3):
        datadir.subset(source, tmp_path / "link", count)
        assert (tmp_path / "link").is_symlink()
        assert len(speakers_of(tmp_path / "large disk")) == count
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "large disk", "link"]
