"""Mending data directories."""

from pathlib import Path

import pytest

from speakernet.config import UserError
from speakernet.kaldi import datadir
from tests.unit.kaldi.datadir.data_dirs import UTTERANCES, content, make, write


def test_fix_sorts_drops_and_keeps_a_backup(tmp_path: Path) -> None:
    path = make(tmp_path / "a")
    wavs = (path / "wav.scp").read_text().splitlines()
    write(path / "wav.scp", [*reversed(wavs), wavs[0], "s9-u0 extra"])
    feats = (path / "feats.scp").read_text().splitlines()
    write(path / "feats.scp", feats[1:])
    (path / "spk2utt").unlink()
    assert datadir.fix(path) == (len(UTTERANCES) - 1, len(UTTERANCES))
    datadir.validate(path)
    assert UTTERANCES[0] not in (path / "utt2spk").read_text()
    assert (path / ".backup" / "utt2spk").read_text().startswith(UTTERANCES[0])
    assert not list(path.glob(".fix*"))


def test_fix_leaves_a_good_directory_alone(tmp_path: Path) -> None:
    path = make(tmp_path / "a", segments=True)
    before = {file: file.stat().st_mtime_ns for file in path.iterdir()}
    assert datadir.fix(path) == (len(UTTERANCES), len(UTTERANCES))
    assert {file: file.stat().st_mtime_ns for file in path.iterdir()} == before


def test_fix_follows_speakers_and_recordings(tmp_path: Path) -> None:
    path = make(tmp_path / "a", segments=True)
    wavs = (path / "wav.scp").read_text()
    (path / "wav.scp").write_text(wavs.replace("rec-s1 sox rec-s1.wav - |\n", ""))
    write(path / "spk2gender", ["s1 f", "s2 f", "s4 m", "s7 m"])
    assert datadir.fix(path) == (3, len(UTTERANCES))
    datadir.validate(path)
    assert (path / "spk2gender").read_text() == "s2 f\ns4 m\n"
    assert (path / "reco2dur").read_text() == "rec-s2 20\nrec-s4 20\n"


def test_fix_drops_recordings_and_speakers_without_use(tmp_path: Path) -> None:
    path = make(tmp_path / "a", segments=True)
    for name, line in (("wav.scp", "rec-t x"), ("reco2dur", "rec-t 1"), ("spk2gender", "t m")):
        with open(path / name, "a") as file:
            file.write(f"{line}\n")
    assert datadir.fix(path) == (len(UTTERANCES), len(UTTERANCES))
    datadir.validate(path)


def test_fix_loses_no_utterance_for_a_duration(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A new utterance without reco2dur stays; what lacks it is put away, what has more is cut."""
    path = make(tmp_path / "a")
    for name in ("reco2dur", "utt2dur"):
        lines = (path / name).read_text().splitlines()
        write(path / name, lines[1:] if name == "reco2dur" else [*lines, "t-u0 1"])
    assert datadir.fix(path) == (len(UTTERANCES), len(UTTERANCES))
    datadir.validate(path)
    assert not (path / "reco2dur").exists() and (path / ".backup/reco2dur").exists()
    assert "reco2dur lacked 1 ids; it is in .backup now" in caplog.text
    assert len((path / "utt2dur").read_text().splitlines()) == len(UTTERANCES)


def test_fix_puts_away_durations_that_lack_a_recording_of_segments(tmp_path: Path) -> None:
    path = make(tmp_path / "a", segments=True)
    write(path / "reco2dur", (path / "reco2dur").read_text().splitlines()[1:])
    assert datadir.fix(path) == (len(UTTERANCES), len(UTTERANCES))
    datadir.validate(path)
    assert not (path / "reco2dur").exists() and (path / "utt2dur").exists()


def test_fix_keeps_durations_of_what_is_left(tmp_path: Path) -> None:
    """What failed is in none of the tables that were computed: they are complete again."""
    path = make(tmp_path / "a")
    for name in ("feats.scp", "utt2dur", "utt2num_frames"):
        lines = (path / name).read_text().splitlines()
        write(path / name, lines[1:])
    assert datadir.fix(path) == (len(UTTERANCES) - 1, len(UTTERANCES))
    assert (path / "utt2dur").exists() and (path / "utt2num_frames").exists()
    datadir.validate(path)


def test_fix_refuses_what_has_two_remedies(tmp_path: Path) -> None:
    path = make(tmp_path / "a")
    with open(path / "utt2spk", "a") as file:
        file.write("s1-u0 s2\n")
    before = content(path)
    with pytest.raises(UserError, match="utt2spk: duplicate id 's1-u0', with different values"):
        datadir.fix(path)
    assert content(path) == before


def test_fix_fails_if_nothing_is_left(tmp_path: Path) -> None:
    path = make(tmp_path / "a")
    write(path / "feats.scp", ["other x.ark:1"])
    with pytest.raises(UserError, match="nothing would be left"):
        datadir.fix(path)


@pytest.mark.parametrize("bad", [b"s1-u0 s1\r\n", b"s1-u0 \xff\n", b"s1-u0 s1", b"s1-u0 s1 x\n"])
def test_fix_refuses_broken_lines(tmp_path: Path, bad: bytes) -> None:
    path = make(tmp_path / "a")
    (path / "utt2spk").write_bytes(bad)
    with pytest.raises(UserError, match="utt2spk:1: "):
        datadir.fix(path)
    assert (path / "utt2spk").read_bytes() == bad
