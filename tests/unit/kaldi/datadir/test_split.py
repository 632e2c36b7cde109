"""Parts of data directories for jobs."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from speakernet.config import UserError
from speakernet.kaldi import datadir
from speakernet.kaldi.datadir.split import balance
from speakernet.work.job_parts import job_part
from tests.unit.kaldi.datadir.data_dirs import UTTERANCES, make, speakers_of, write


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
        found += speakers_of(part)
    assert found == UTTERANCES
    sizes = [len(speakers_of(part)) for part in parts]
    assert sizes == ([2, 3, 2, 3] if per_utt else [3, 1, 4, 2])


def test_split_is_made_again_only_when_its_source_changes(tmp_path: Path) -> None:
    source = make(tmp_path / "a")
    first = datadir.split(source, 2).stat().st_ino
    assert datadir.split(source, 2).stat().st_ino == first
    (source / "feats.scp").write_text((source / "feats.scp").read_text().replace("x.ark", "y.ark"))
    assert "y.ark" in (datadir.split(source, 2) / "1" / "feats.scp").read_text()


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
            assert len(set(speakers_of(part).values())) == 1


@pytest.mark.parametrize("num_parts", [1, 2, 7, 30])
def test_balance_leaves_no_part_empty(num_parts: int) -> None:
    generator = np.random.default_rng(num_parts)
    for _ in range(20):
        sizes = generator.integers(1, 100, size=int(generator.integers(num_parts, 60)))
        parts = balance(sizes, num_parts)
        assert set(parts.tolist()) == set(range(num_parts))
        assert (np.diff(parts) >= 0).all()


@pytest.mark.parametrize("num_parts", [1, 2, 7, 30])
def test_utterances_are_split_like_the_items_of_jobs(num_parts: int) -> None:
    """--per-utt gives a job what it would get as its share of a list, and what it would get if
    every utterance were a speaker.
    """
    for count in range(num_parts, num_parts + 100):
        parts = balance(np.ones(count, np.int64), num_parts)
        for part in range(num_parts):
            expected = job_part(range(count), part + 1, num_parts)
            assert np.flatnonzero(parts == part).tolist() == list(expected)
