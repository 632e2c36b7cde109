"""Subsets, parts and copies of data directories."""

import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from speakernet.config import UserError
from speakernet.kaldi import datadir
from speakernet.kaldi.datadir import Affixes, DataDir
from speakernet.kaldi.datadir.split import balance
from speakernet.kaldi.datadir.subset import spread
from tests.unit.kaldi.data_dirs import SPEAKERS, UTTERANCES, content, make, speaker, write


@pytest.mark.parametrize("selection", [s for s in datadir.SELECTIONS if s != "per-spk"])
@pytest.mark.parametrize("segments", [False, True])
def test_subset(tmp_path: Path, selection: str, segments: bool) -> None:
    source = make(tmp_path / "a", segments=segments)
    datadir.subset(source, tmp_path / "b", 4, selection)
    datadir.validate(tmp_path / "b")
    chosen = list(DataDir(tmp_path / "b").utt2spk)
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
    assert [len(utts) for utts in DataDir(tmp_path / "b").spk2utt.values()] == [2, 1, 2, 2]
    write(tmp_path / "list", ["s1-u1 whatever", "s4-u0", "unknown"])
    datadir.subset_by_list(source, tmp_path / "b", utt_list=tmp_path / "list", spk_list=None)
    assert list(DataDir(tmp_path / "b").utt2spk) == ["s1-u1", "s4-u0"]
    write(tmp_path / "list", ["s2", "s4"])
    datadir.subset_by_list(source, tmp_path / "b", utt_list=None, spk_list=tmp_path / "list")
    assert list(DataDir(tmp_path / "b").spk2utt) == ["s2", "s4"]
    datadir.validate(tmp_path / "b")


def test_subset_refusals(tmp_path: Path) -> None:
    source = make(tmp_path / "a")
    write(tmp_path / "list", ["unknown"])
    with pytest.raises(UserError, match="cannot take 11 utterances of 10"):
        datadir.subset(source, tmp_path / "b", 11)
    with pytest.raises(UserError, match="none of its 1 ids"):
        datadir.subset_by_list(source, tmp_path / "b", utt_list=tmp_path / "list", spk_list=None)
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


@pytest.mark.parametrize("segments", [False, True])
@pytest.mark.parametrize("per_utt", [False, True])
def test_split_parts_are_whole_and_disjoint(tmp_path: Path, segments: bool, per_utt: bool) -> None:
    source = make(tmp_path / "a", segments=segments)
    folder = datadir.split(source, 4, per_utt=per_utt)
    assert folder.name == ("split4utt" if per_utt else "split4")
    parts = [folder / str(n) for n in range(1, 5)]
    found: list[str] = []
    for part in parts:
        datadir.validate(part)
        found += DataDir(part).utt2spk
    assert found == UTTERANCES
    sizes = [len(DataDir(part).utt2spk) for part in parts]
    assert sizes == ([2, 3, 2, 3] if per_utt else [3, 1, 4, 2])


def test_split_is_made_again_only_when_its_source_changes(tmp_path: Path) -> None:
    source = make(tmp_path / "a")
    first = datadir.split(source, 2).stat().st_ino
    assert datadir.split(source, 2).stat().st_ino == first
    (source / "feats.scp").write_text((source / "feats.scp").read_text().replace("x.ark", "y.ark"))
    assert "y.ark" in (datadir.split(source, 2) / "1" / "feats.scp").read_text()


def test_a_folder_that_is_a_link_stays_one(tmp_path: Path) -> None:
    source = make(tmp_path / "a")
    (tmp_path / "large disk").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "large disk")
    for count in (2, 3):
        datadir.subset(source, tmp_path / "link", count)
        assert (tmp_path / "link").is_symlink()
        assert len(DataDir(tmp_path / "large disk").utt2spk) == count
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "large disk", "link"]


def test_split_refusals(tmp_path: Path) -> None:
    source = make(tmp_path / "a")
    with pytest.raises(UserError, match=r"4 speakers do not fill 5 parts.*--per-utt"):
        datadir.split(source, 5)
    with pytest.raises(UserError, match="10 utterances do not fill 11 parts"):
        datadir.split(source, 11, per_utt=True)
    with pytest.raises(UserError, match="into 0 parts"):
        datadir.split(source, 0)
    write(source / "wav.scp", ["s1-u0 x"])
    with pytest.raises(UserError, match=r"wav.scp:2: 's1-u1' of .*utt2spk is missing"):
        datadir.split(source, 2)
    assert not list(source.glob("split*"))


@pytest.mark.parametrize("per_utt", [False, True])
def test_split_takes_features_that_lack_utterances(
    tmp_path: Path, per_utt: bool, caplog: pytest.LogCaptureFixture
) -> None:
    source = make(tmp_path / "a")
    for name in ("feats.scp", "utt2dur"):
        lines = (source / name).read_text().splitlines()
        write(source / name, [line for line in lines if not line.startswith("s2-u0")])
    parts = [datadir.split(source, 3, per_utt=per_utt) / str(n) for n in (1, 2, 3)]
    assert "feats.scp lacks 1 utterances of utt2spk" in caplog.text
    for name in ("feats.scp", "utt2dur", "wav.scp"):
        joined = "".join((part / name).read_text() for part in parts)
        assert joined == (source / name).read_text()


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("feats.scp", lambda lines: lines[::-1], "feats.scp:2: .* comes after"),
        ("utt2dur", lambda lines: [*lines[1:], "zz 1.5"], "utt2dur:1: 's1-u0' of .* is missing"),
        ("utt2dur", lambda lines: [*lines, "zz 1.5"], "utt2dur:11: 'zz' is not in"),
        ("utt2dur", lambda lines: lines[1:3] + lines[2:], "utt2dur:3: duplicate id 's1-u2'"),
        ("utt2dur", lambda lines: lines[3:0:-1], "utt2dur:2: .* comes after"),
    ],
)
def test_split_refuses_features_that_differ_otherwise(
    tmp_path: Path, name: str, change: Callable[[list[str]], list[str]], message: str
) -> None:
    source = make(tmp_path / "a")
    write(source / name, change((source / name).read_text().splitlines()))
    with pytest.raises(UserError, match=message):
        datadir.split(source, 2)
    assert not list(source.glob("split*"))


def test_split_leaves_durations_of_recordings_to_their_segments(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = make(tmp_path / "a", segments=True)
    parts = datadir.split(source, 4)
    assert "lacks" not in caplog.text
    assert (parts / "1" / "reco2dur").read_text() == "rec-s1 20\n"


def test_split_keeps_a_speaker_together_whose_utterances_are_apart(tmp_path: Path) -> None:
    source = tmp_path / "a"
    write(source / "utt2spk", [f"u{n} {'xyz'[n % 3]}" for n in range(9)])
    for part in datadir.split(source, 3).iterdir():
        if part.is_dir():
            assert len(set(DataDir(part).utt2spk.values())) == 1


@pytest.mark.parametrize("num_parts", [1, 2, 7, 30])
def test_balance_leaves_no_part_empty(num_parts: int) -> None:
    generator = np.random.default_rng(num_parts)
    for _ in range(20):
        sizes = generator.integers(1, 100, size=int(generator.integers(num_parts, 60)))
        parts = balance(sizes, num_parts)
        assert set(parts.tolist()) == set(range(num_parts))
        assert (np.diff(parts) >= 0).all()


def test_copy_puts_ids_in_order_again(tmp_path: Path) -> None:
    source = make(tmp_path / "a", ["s-u1", "s-u1-x"])
    datadir.copy(source, tmp_path / "b", Affixes(utt_suffix="_1", spk_suffix="_1"))
    datadir.validate(tmp_path / "b")
    assert list(DataDir(tmp_path / "b").utt2spk) == ["s-u1-x_1", "s-u1_1"]


def test_copy_keeps_recordings_and_their_segments(tmp_path: Path) -> None:
    source = make(tmp_path / "a", segments=True)
    datadir.copy(source, tmp_path / "b", Affixes(utt_prefix="p-", spk_prefix="p-"))
    datadir.validate(tmp_path / "b")
    assert content(tmp_path / "b")["wav.scp"] == content(source)["wav.scp"]
    assert content(tmp_path / "b")["segments"].startswith("p-s1-u0 rec-s1 0 1.5\n")
    assert content(tmp_path / "b")["spk2gender"].startswith("p-s1 f\n")
    with pytest.raises(UserError, match="white space"):
        datadir.copy(source, tmp_path / "b", Affixes(utt_prefix="p "))
    with pytest.raises(UserError, match="both source"):
        datadir.copy(source, source)


def test_plain_copy_is_equal(tmp_path: Path) -> None:
    source = make(tmp_path / "a")
    write(source / "utt2num_frames", [f"{utt} 5" for utt in UTTERANCES])
    datadir.copy(source, tmp_path / "b")
    assert content(source) == content(tmp_path / "b")


def test_inversion_and_back(tmp_path: Path) -> None:
    source = make(tmp_path / "a")
    pairs = datadir.utt2spk_from_spk2utt(source / "spk2utt")
    assert dict(pairs) == DataDir(source).utt2spk
    write(tmp_path / "bad", ["s1 a b", "s2 c a"])
    with pytest.raises(UserError, match="bad:2: 'a' is listed before"):
        datadir.utt2spk_from_spk2utt(tmp_path / "bad")
    write(tmp_path / "bad", ["s1 a b", "s1 c"])
    with pytest.raises(UserError, match="bad:2: duplicate id 's1'"):
        datadir.utt2spk_from_spk2utt(tmp_path / "bad")


def test_reading(tmp_path: Path) -> None:
    data = DataDir(make(tmp_path / "a"))
    assert data.spk2utt["s2"] == ["s2-u0"]
    assert data.wav_scp["s2-u0"] == "sox s2-u0.wav - |"
    assert data.feats_scp["s1-u0"] == "x.ark:0"
    assert (data.utt2num_frames["s1-u1"], data.utt2dur["s1-u1"]) == (100, 2.5)
    assert data.has("utt2dur") and not data.has("segments")
    write(tmp_path / "a" / "utt2dur", ["x 1", "y z"])
    with pytest.raises(UserError, match="utt2dur:2: 'z' of 'y' is not a number"):
        _ = DataDir(tmp_path / "a").utt2dur
