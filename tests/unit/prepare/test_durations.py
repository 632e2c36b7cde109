"""Durations from headers and tables; what jobs that read them note, and where they go on."""

from pathlib import Path

import numpy as np
import pytest

from speakernet.audio.reader import AudioReader
from speakernet.audio.wav import write_wav
from speakernet.config import UserError
from speakernet.kaldi.tables import read_table
from speakernet.prepare import durations
from speakernet.prepare.durations import compute_part, entry_duration, iter_durations
from speakernet.signal.resample import change_speed, changed_length
from speakernet.work.record import read_record
from tests.unit.prepare.recordings import write_waveform

NAMES = ("a", "b", "c", "d")


@pytest.fixture
def scp(tmp_path: Path) -> Path:
    for number, name in enumerate(NAMES, start=1):
        write_wav(tmp_path / f"{name}.wav", np.zeros(1600 * number, np.int16), 16000)
    path = tmp_path / "wav.scp"
    path.write_text("".join(f"{name} {tmp_path}/{name}.wav\n" for name in NAMES))
    return path


def stop_at(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Let a job be interrupted when it comes to a recording."""
    read = durations.entry_duration

    def interrupted(entry: str, *arguments: object) -> float:
        if entry.endswith(f"{name}.wav"):
            raise KeyboardInterrupt
        return read(entry, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(durations, "entry_duration", interrupted)


def test_an_interrupted_job_reads_only_what_is_left(
    scp: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as context, pytest.raises(KeyboardInterrupt):
        stop_at(context, "c")
        compute_part(scp, tmp_path / "p", 1, 1)
    (journal,) = tmp_path.glob("p.*.journal")
    assert journal.read_text().splitlines()[1:] == ["a 0.1", "b 0.2"]
    with open(journal, "a") as file:
        file.write("c 9")  # cut off: no newline
    for name in "ab":
        (tmp_path / f"{name}.wav").unlink()  # not read again
    assert compute_part(scp, tmp_path / "p", 1, 1) == (4, 0)
    expected = {"a": "0.1", "b": "0.2", "c": "0.3", "d": "0.4"}
    assert read_table(tmp_path / "p.durations") == expected
    assert not list(tmp_path.glob("*.journal"))


def test_a_journal_of_other_entries_does_not_count(scp: Path, tmp_path: Path) -> None:
    (tmp_path / "p.elsewhere-1.journal").write_text("entries 0123\na 77\n")
    compute_part(scp, tmp_path / "p", 1, 1)
    assert read_table(tmp_path / "p.durations")["a"] == "0.1"


def test_two_journals_add_up(scp: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as context, pytest.raises(KeyboardInterrupt):
        stop_at(context, "b")
        compute_part(scp, tmp_path / "p", 1, 1)
    (journal,) = tmp_path.glob("p.*.journal")
    first = journal.read_text().splitlines()[0]
    (tmp_path / "p.elsewhere-1.journal").write_text(f"{first}\nd 0.4\n")
    for name in "ad":
        (tmp_path / f"{name}.wav").unlink()
    assert compute_part(scp, tmp_path / "p", 1, 1) == (4, 0)
    assert not list(tmp_path.glob("*.journal"))


def test_failures_are_tried_again_and_the_rest_is_kept(scp: Path, tmp_path: Path) -> None:
    audio = tmp_path / "b.wav"
    audio.rename(tmp_path / "away")
    assert compute_part(scp, tmp_path / "p", 1, 1) == (4, 1)
    record = read_record(tmp_path / "p.json")
    assert record is not None
    assert list(record.facts["failed"]) == ["b"]
    (tmp_path / "away").rename(audio)
    for name in "acd":
        (tmp_path / f"{name}.wav").unlink()
    assert compute_part(scp, tmp_path / "p", 1, 1) == (4, 0)
    assert list(read_table(tmp_path / "p.durations")) == list(NAMES)
    before = (tmp_path / "p.durations").stat().st_mtime_ns
    audio.unlink()
    assert compute_part(scp, tmp_path / "p", 1, 1) == (4, 0)
    assert (tmp_path / "p.durations").stat().st_mtime_ns == before


def test_durations_that_do_not_fit(tmp_path: Path, train: Path) -> None:
    (train / "reco2dur").write_text("s0-u0 1.5\ns0-u9 2\n", encoding="utf-8")
    with pytest.raises(UserError, match="reco2dur:2: found 's0-u9'; expected 's0-u1'"):
        list(iter_durations(train))
    (train / "reco2dur").write_text("s0-u0 long\n", encoding="utf-8")
    with pytest.raises(UserError, match="reco2dur:1: found 'long'; expected a duration"):
        list(iter_durations(train))


def test_a_table_behind_a_broken_link_is_not_made_anew(tmp_path: Path, train: Path) -> None:
    (train / "reco2dur").symlink_to("gone")
    with pytest.raises(UserError, match="reco2dur: no such file"):
        list(iter_durations(train))


def test_durations_of_a_job_that_is_none(tmp_path: Path, scp: Path) -> None:
    with pytest.raises(UserError, match="job 3 of 2; expected a number from 1 to 2"):
        compute_part(scp, tmp_path / "part", 3, 2)


@pytest.mark.parametrize("factor", [0.9, 1.1, 0.95, 0.8, 1.25])
def test_length_at_another_speed_without_reading(tmp_path: Path, factor: float) -> None:
    for length in [*range(1, 60), 16000, 16001, 16002, 52_343]:
        samples = np.zeros(length, np.float32)
        assert changed_length(length, factor) == len(change_speed(samples, factor))
    path = tmp_path / "a.wav"
    write_waveform(path, 1)
    entry = f"sox -t wav {path} -t wav - speed {factor} |"
    expected = len(AudioReader().read(entry)) / 16000
    with open(path, "r+b") as file:
        file.seek(44)
        file.write(bytes(16000))
    assert entry_duration(entry, AudioReader()) == expected


@pytest.mark.parametrize("entry", ["{}", "sox -t wav {} -t wav - speed 0.9 |", "cat {} |"])
@pytest.mark.parametrize("cut", [False, True])
def test_a_recording_without_samples_has_no_duration(tmp_path: Path, entry: str, cut: bool) -> None:
    path = tmp_path / "a.wav"
    write_waveform(path, 1 if cut else 0)
    path.write_bytes(path.read_bytes()[:44])
    entry = entry.format(path)
    with pytest.raises(UserError, match=r"^wav.scp:1: .*(: found no samples|, found 0)$"):
        entry_duration(entry, AudioReader(), "wav.scp:1")
    scp = tmp_path / "wav.scp"
    scp.write_text(f"a {entry}\n", encoding="utf-8")
    assert compute_part(scp, tmp_path / "part", 1, 1) == (1, 1)
    assert (tmp_path / "part.durations").read_text() == ""
