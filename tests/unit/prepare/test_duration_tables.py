"""reco2dur of jobs' durations, and when it is up to date."""

import os
from pathlib import Path

import numpy as np
import pytest

from speakernet.audio.wav import write_wav
from speakernet.config import UserError
from speakernet.kaldi.tables import read_table
from speakernet.prepare.duration_tables import collect_durations, has_durations
from speakernet.prepare.durations import compute_part


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data dir of two recordings with the durations that a job has read."""
    folder = tmp_path / "data"
    folder.mkdir()
    for name, samples in (("x", 800), ("y", 2400)):
        write_wav(tmp_path / f"{name}.wav", np.zeros(samples, np.int16), 16000)
    entries = (f"x {tmp_path}/x.wav", f"y cat {tmp_path}/y.wav |")
    (folder / "wav.scp").write_text("".join(f"{entry}\n" for entry in entries))
    compute_part(folder / "wav.scp", tmp_path / "part", 1, 1)
    collect_durations(folder, [tmp_path / "part"], 0)
    return folder


def test_durations_are_kept_until_a_file_changes(data: Path, tmp_path: Path) -> None:
    assert read_table(data / "reco2dur") == {"x": "0.05", "y": "0.15"}
    assert has_durations(data)
    old = (tmp_path / "y.wav").stat()
    write_wav(tmp_path / "y.wav", np.ones(2400, np.int16), 16000)
    assert not has_durations(data)
    os.utime(tmp_path / "y.wav", ns=(old.st_atime_ns, old.st_mtime_ns))
    assert has_durations(data)
    write_wav(tmp_path / "y.wav", np.ones(2401, np.int16), 16000)
    os.utime(tmp_path / "y.wav", ns=(old.st_atime_ns, old.st_mtime_ns))
    assert not has_durations(data)


def test_an_edited_table_is_made_again_and_a_foreign_one_is_taken(data: Path) -> None:
    (data / "reco2dur").write_text("x 0.05\ny 0.16\n")
    assert not has_durations(data)
    (data / ".reco2dur.json").unlink()
    assert has_durations(data)
    (data / "reco2dur").write_text("x 0.05\nz 0.16\n")
    assert not has_durations(data)


def test_failures_within_the_share_make_a_partial_table(data: Path, tmp_path: Path) -> None:
    (tmp_path / "x.wav").unlink()
    (tmp_path / "part.json").unlink()
    compute_part(data / "wav.scp", tmp_path / "part", 1, 1)
    with pytest.raises(UserError, match=r"1 of 2 recordings could not be read.*: x; "):
        collect_durations(data, [tmp_path / "part"], 0.4)
    assert read_table(data / "reco2dur") == {"x": "0.05", "y": "0.15"}
    assert collect_durations(data, [tmp_path / "part"], 0.5) == 1
    assert read_table(data / "reco2dur.partial") == {"y": "0.15"}
    assert not has_durations(data)
