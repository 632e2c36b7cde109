"""Jobs that pack audio: what they leave, when they have nothing to do, what they count."""

from pathlib import Path

import numpy as np
import pytest

from speakernet.audio.reader import AudioReader
from speakernet.kaldi.tables import read_table
from speakernet.prepare.audio_jobs import PackSettings, run_job
from tests.unit.prepare.recordings import write_waveform

FLAC = PackSettings(form="flac")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_entries_of_every_kind_are_stored(tmp_path: Path, train: Path) -> None:
    report = run_job(train / "wav.scp", tmp_path / "f.1", FLAC)
    assert (report.num_written, report.failed, report.notes) == (4, {}, {})
    assert report.duration_s == 1.5 + 2.0 + 3.25 + 0.7
    entries, places = read_table(train / "wav.scp"), read_table(tmp_path / "f.1.scp")
    assert list(entries) == list(places)
    for name, entry in entries.items():
        found = AudioReader().read(places[name])
        np.testing.assert_array_equal(found, AudioReader().read(entry))


def test_the_parts_of_all_jobs_are_the_whole(tmp_path: Path, train: Path) -> None:
    for job in (1, 2, 3):
        run_job(train / "wav.scp", tmp_path / f"f.{job}", PackSettings(form="wav"), job, 3)
    run_job(train / "wav.scp", tmp_path / "whole", PackSettings(form="wav"))
    parts = b"".join((tmp_path / f"f.{job}.1.ark").read_bytes() for job in (1, 2, 3))
    assert parts == (tmp_path / "whole.1.ark").read_bytes()


def test_a_finished_job_is_not_done_again(tmp_path: Path, train: Path) -> None:
    (tmp_path / "out").mkdir()
    first = run_job(train / "wav.scp", tmp_path / "out/f", FLAC)
    before = contents(tmp_path / "out")
    (tmp_path / "wav/0.wav").unlink()
    assert run_job(train / "wav.scp", tmp_path / "out/f", FLAC) == first
    assert contents(tmp_path / "out") == before
    (tmp_path / "out/f.1.ark").write_bytes(b"cut")
    assert len(run_job(train / "wav.scp", tmp_path / "out/f", FLAC).failed) == 1


def test_other_settings_leave_none_of_the_old_archives(tmp_path: Path, train: Path) -> None:
    (tmp_path / "out").mkdir()
    small = PackSettings(form="copy", max_bytes=70_000)
    table = (train / "wav.scp").read_text().replace("cat ", "").replace(" |", "")
    (train / "wav.scp").write_text(table)
    run_job(train / "wav.scp", tmp_path / "out/f", small)
    assert sorted(contents(tmp_path / "out")) == [
        *(f"f.{number}.ark" for number in (1, 2, 3, 4)),
        *("f.json", "f.scp"),
    ]
    run_job(train / "wav.scp", tmp_path / "out/f", FLAC)
    assert sorted(contents(tmp_path / "out")) == ["f.1.ark", "f.json", "f.scp"]


def test_failures_are_named_with_their_line_and_tried_again(tmp_path: Path, train: Path) -> None:
    path = tmp_path / "wav/1.wav"
    data = path.read_bytes()
    path.write_bytes(data[:1000])
    (tmp_path / "wav/2.wav").write_bytes(b"no audio at all")
    report = run_job(train / "wav.scp", tmp_path / "f", FLAC)
    assert list(report.failed) == ["s0-u1", "s1-u2"]
    assert report.failed["s0-u1"].startswith(f"{train}/wav.scp:2: {path}: truncated")
    assert list(read_table(tmp_path / "f.scp")) == ["s0-u0", "s1-u3"]
    path.write_bytes(data)
    write_waveform(tmp_path / "wav/2.wav", 1.0)
    assert run_job(train / "wav.scp", tmp_path / "f", FLAC).failed == {}


def test_a_fault_of_a_library_fails_one_recording(
    tmp_path: Path, train: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(*_: object, **__: object) -> None:
        raise RuntimeError("of a\nlibrary")

    monkeypatch.setattr("soundfile.write", write)
    report = run_job(train / "wav.scp", tmp_path / "f", FLAC, 1, 4)
    reason = f"{train}/wav.scp:1: cannot be read: RuntimeError of a library"
    assert report.failed == {"s0-u0": reason}
