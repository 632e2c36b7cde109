"""Data dirs whose recordings are packed: which tables, lists and notes go along."""

import json
from pathlib import Path

import numpy as np
import pytest

from speakernet.audio.reader import AudioReader, Reading, iter_audio
from speakernet.config.errors import UserError
from speakernet.kaldi.datadir import validate, write_spk2utt
from speakernet.kaldi.tables import read_table, write_table
from speakernet.prepare.audio_jobs import PackSettings, run_job
from speakernet.prepare.audio_tables import collect_audio


def pack(source: Path, target: Path, share: float = 0.0) -> None:
    target.parent.mkdir(exist_ok=True)
    prefixes = [target.parent / f"part.{job}" for job in (1, 2)]
    for job, prefix in enumerate(prefixes, start=1):
        run_job(source / "wav.scp", prefix, PackSettings(form="flac"), job, 2)
    collect_audio(source, target, prefixes, share)


def waveforms(folder: Path) -> dict[str, bytes]:
    found = {}
    for name, reading in iter_audio(folder, AudioReader()):
        assert isinstance(reading, Reading)
        found[name] = reading.waveform.tobytes()
    return found


@pytest.fixture
def source(train: Path) -> Path:
    write_spk2utt(train / "utt2spk", train / "spk2utt")
    write_table(train / "utt2session", ((f"s{i // 2}-u{i}", "x") for i in range(4)))
    write_table(train / "reco2dur", ((f"s{i // 2}-u{i}", "1.5") for i in range(4)))
    (train / "trials").write_text("s0-u0 s0-u1 target\n")
    (train / "trials_hard").write_text("s0-u0 s1-u2 nontarget\n")
    (train / "feats.log").write_text("goes nowhere")
    return train


def test_everything_but_the_places_is_the_sources(tmp_path: Path, source: Path) -> None:
    pack(source, tmp_path / "packed/train")
    validate(tmp_path / "packed/train", feats=False)
    for table in ("utt2spk", "spk2utt", "utt2session", "reco2dur", "trials", "trials_hard"):
        assert (tmp_path / "packed/train" / table).read_bytes() == (source / table).read_bytes()
    assert waveforms(tmp_path / "packed/train") == waveforms(source)
    names = {path.name for path in (tmp_path / "packed/train").iterdir()} - set(
        path.name for path in source.iterdir()
    )
    assert names == {"archives.json"}
    record = json.loads((tmp_path / "packed/train/archives.json").read_text())
    assert list(record["files"]) == ["../part.1.1.ark", "../part.2.1.ark"]
    assert not list((tmp_path / "packed").glob("part.*.json"))


@pytest.mark.parametrize("has_segments", [False, True])
def test_what_failed_goes_from_all_tables(tmp_path: Path, source: Path, has_segments: bool) -> None:
    if has_segments:
        rows = (f"s{i // 2}-u{i} s{i // 2}-u{i} 0.1 0.5\n" for i in range(4))
        (source / "segments").write_text("".join(rows))
    (tmp_path / "wav/2.wav").write_bytes(b"")
    with pytest.raises(UserError, match=r"1 of 4 recordings could not be read.*s1-u2; the first: "):
        pack(source, tmp_path / "packed/train", 0.2)
    assert not (tmp_path / "packed/train").exists()
    pack(source, tmp_path / "packed/train", 0.25)
    left = ["s0-u0", "s0-u1", "s1-u3"]
    for table in ("wav.scp", "utt2spk", "utt2session", "reco2dur"):
        assert list(read_table(tmp_path / "packed/train" / table)) == left
    validate(tmp_path / "packed/train", feats=False)


def test_notes_on_recordings(tmp_path: Path, source: Path) -> None:
    from speakernet.audio.wav import write_wav

    write_wav(tmp_path / "wav/1.wav", np.zeros(9000, np.int16), 16000)
    pack(source, tmp_path / "packed/train")
    assert read_table(tmp_path / "packed/train/utterance_notes") == {"s0-u1": "silent"}


def test_a_table_that_was_changed_meanwhile(tmp_path: Path, source: Path) -> None:
    run_job(source / "wav.scp", tmp_path / "part", PackSettings(form="wav"))
    rows = read_table(source / "wav.scp")
    write_table(source / "wav.scp", ((n.replace("s0-u1", "s0-u1b"), e) for n, e in rows.items()))
    with pytest.raises(UserError, match="found 's0-u1b' where the jobs stored 's0-u1'"):
        collect_audio(source, tmp_path / "packed", [tmp_path / "part"], 0)
    write_table(source / "wav.scp", list(rows.items())[:3])
    with pytest.raises(
        UserError, match="found 4 recordings with audio and 0 that failed; expected 3"
    ):
        collect_audio(source, tmp_path / "packed", [tmp_path / "part"], 0)
    assert not (tmp_path / "packed").exists()


def test_a_job_that_did_not_finish(tmp_path: Path, source: Path) -> None:
    with pytest.raises(UserError, match=r"part\.1\.json: no such file; its job did not finish"):
        collect_audio(source, tmp_path / "packed", [tmp_path / "part.1"], 0)
