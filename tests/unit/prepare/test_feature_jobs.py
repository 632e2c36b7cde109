"""Jobs of feature extraction: what they leave, when they have nothing to do, what they count."""

import os
from pathlib import Path

import numpy as np
import pytest

from speakernet.bin import (
    apply_cmvn_sliding,
    collect_features,
    compute_features,
    compute_vad,
)
from speakernet.config import UserError
from speakernet.kaldi.ark import read_ark, read_matrix
from speakernet.kaldi.tables import read_table
from speakernet.prepare.feature_jobs import JobSettings, run_job
from speakernet.signal.cmvn import sliding_cmn
from speakernet.signal.options import FbankOptions, MfccOptions
from tests.recordings import write_noise

SETTINGS = JobSettings(options=FbankOptions(num_mel_bins=40))


def write_data(folder: Path, num: int = 6) -> Path:
    """A data dir whose utterance u0 is shorter than a window."""
    folder.mkdir()
    lines = []
    for index in range(num):
        path = folder / f"u{index}.wav"
        write_noise(path, index, 300 + 4000 * index)
        lines.append(f"u{index} {path}\n")
    (folder / "wav.scp").write_text("".join(lines), encoding="utf-8")
    return folder


def split(folder: Path, target: Path, count: int) -> list[Path]:
    lines = (folder / "wav.scp").read_text(encoding="utf-8").splitlines(keepends=True)
    parts = []
    for job, names in enumerate(np.array_split(np.arange(len(lines)), count), start=1):
        part = target / str(job)
        part.mkdir(parents=True)
        (part / "wav.scp").write_text("".join(lines[i] for i in names), encoding="utf-8")
        parts.append(part)
    return parts


def contents(prefixes: list[Path]) -> dict[str, bytes]:
    return {
        name: matrix.tobytes()
        for prefix in prefixes
        for name, matrix in read_ark(prefix.with_name(prefix.name + ".ark"))
    }


def test_a_job_writes_everything(tmp_path: Path) -> None:
    report = run_job(write_data(tmp_path / "data"), tmp_path / "f.1", SETTINGS)
    assert (report.num_written, report.num_empty, report.failed) == (6, 1, {})
    frames = read_table(tmp_path / "f.1.utt2num_frames")
    for name, spec in read_table(tmp_path / "f.1.scp").items():
        assert read_matrix(spec).shape[0] == int(frames[name])
    assert frames["u0"] == "0"
    assert frames["u5"] == "125"
    assert read_table(tmp_path / "f.1.utt2dur")["u5"] == "1.26875"
    assert sorted(path.suffix for path in tmp_path.glob("f.1.*.tmp")) == []


def test_number_of_jobs_and_order_do_not_matter(tmp_path: Path) -> None:
    data = write_data(tmp_path / "data")
    run_job(data, tmp_path / "one", SETTINGS)
    prefixes = []
    for part in reversed(split(data, tmp_path / "split", 3)):
        prefixes.append(tmp_path / f"three.{part.name}")
        run_job(part, prefixes[-1], SETTINGS)
    assert contents(prefixes) == contents([tmp_path / "one"])


def test_seed_and_name_decide_the_dither(tmp_path: Path) -> None:
    data = write_data(tmp_path / "data")
    same = (data / "u5.wav").read_bytes()
    (data / "u4.wav").write_bytes(same)
    run_job(data, tmp_path / "a", SETTINGS)
    run_job(data, tmp_path / "b", JobSettings(options=SETTINGS.options, seed=1))
    a, b = contents([tmp_path / "a"]), contents([tmp_path / "b"])
    assert a["u4"] != a["u5"]
    assert a["u5"] != b["u5"]


def test_a_finished_job_is_not_done_again(tmp_path: Path) -> None:
    data = write_data(tmp_path / "data")
    run_job(data, tmp_path / "f", SETTINGS)
    ark = tmp_path / "f.ark"
    os.utime(ark, (1, 1))
    run_job(data, tmp_path / "f", SETTINGS)
    assert ark.stat().st_mtime == 1
    run_job(data, tmp_path / "f", JobSettings(options=FbankOptions(num_mel_bins=30)))
    assert ark.stat().st_mtime != 1


@pytest.mark.parametrize("damage", ["cut", "no scp", "no report", "broken report", "other wav.scp"])
def test_an_unfinished_or_outdated_job_is_done_again(tmp_path: Path, damage: str) -> None:
    data = write_data(tmp_path / "data")
    run_job(data, tmp_path / "f", SETTINGS)
    expected = contents([tmp_path / "f"])
    if damage == "cut":
        os.truncate(tmp_path / "f.ark", 500)
    elif damage == "no scp":
        (tmp_path / "f.scp").unlink()
    elif damage == "no report":
        (tmp_path / "f.json").unlink()
    elif damage == "broken report":
        (tmp_path / "f.json").write_text("{", encoding="utf-8")
    else:
        scp = data / "wav.scp"
        scp.write_text(scp.read_text().replace("u3 ", "u33 "), encoding="utf-8")
        expected["u33"] = expected.pop("u3")
    run_job(data, tmp_path / "f", SETTINGS)
    assert contents([tmp_path / "f"]).keys() == expected.keys()


def test_a_job_with_failures_tries_them_again(tmp_path: Path) -> None:
    data = write_data(tmp_path / "data")
    content = (data / "u4.wav").read_bytes()
    os.truncate(data / "u4.wav", 5000)
    assert list(run_job(data, tmp_path / "f", SETTINGS).failed) == ["u4"]
    (data / "u4.wav").write_bytes(content)
    assert run_job(data, tmp_path / "f", SETTINGS).failed == {}


def test_too_short_for_min_duration_fails(tmp_path: Path) -> None:
    settings = JobSettings(options=FbankOptions(min_duration=1.0))
    report = run_job(write_data(tmp_path / "data"), tmp_path / "f", settings)
    assert sorted(report.failed) == ["u0", "u1", "u2", "u3"]
    assert "found 0.769 s; expected --min-duration" in report.failed["u3"]


def test_subtract_mean(tmp_path: Path) -> None:
    settings = JobSettings(options=FbankOptions(subtract_mean=True), compress=False)
    run_job(write_data(tmp_path / "data"), tmp_path / "f", settings)
    for _, matrix in read_ark(tmp_path / "f.ark"):
        if len(matrix):
            np.testing.assert_allclose(matrix.mean(axis=0), 0, atol=1e-4)


def compute(data: Path, count: int) -> None:
    for part in split(data, data / "split", count):
        prefix = data / f"f.{part.name}"
        assert compute_features.main(["fbank", str(part), str(prefix)]) == 0


def make(data: Path, count: int, *options: str) -> None:
    compute(data, count)
    jobs = ["--nj", str(count), "fbank", str(data), str(data / "f.JOB")]
    assert collect_features.main([*options, *jobs]) == 0


def test_parts_become_tables(tmp_path: Path) -> None:
    data = write_data(tmp_path / "data")
    make(data, 4)
    names = [f"u{i}" for i in range(6)]
    for table in ("feats.scp", "utt2num_frames", "utt2dur"):
        assert list(read_table(data / table, is_sorted=True)) == names
    assert (data / "frame_shift").read_text() == "0.01\n"


def test_too_many_failures_name_the_utterances(tmp_path: Path) -> None:
    data = write_data(tmp_path / "data")
    os.truncate(data / "u3.wav", 5000)
    (data / "u4.wav").unlink()
    message = r"2 of 6 utterances could not be read.*: u3, u4; the first: .*: utterance 'u3'"
    with pytest.raises(UserError, match=message):
        make(data, 2)
    assert not (data / "feats.scp").exists()


def test_some_failures_are_allowed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    data = write_data(tmp_path / "data")
    (data / "u4.wav").unlink()
    make(data, 2, "--max-failed-share", "0.2")
    assert list(read_table(data / "feats.scp")) == ["u0", "u1", "u2", "u3", "u5"]
    assert "u4.wav: no such file" in caplog.text
    assert f"fix_data_dir.sh {data} removes utterances without features" in caplog.text


def test_parts_of_another_data_dir_are_refused(tmp_path: Path) -> None:
    data = write_data(tmp_path / "data")
    compute(data, 2)
    with (data / "wav.scp").open("a", encoding="utf-8") as file:
        file.write(f"u6 {data}/u5.wav\n")
    parts = ["fbank", str(data), str(data / "f.JOB")]
    with pytest.raises(UserError, match="found 6 utterances with features .* expected 7 in all"):
        collect_features.main(["--nj", "2", *parts])
    with pytest.raises(UserError, match="its job did not finish"):
        collect_features.main(["--nj", "3", *parts])
    with pytest.raises(UserError, match="expected a number from 0 to 1"):
        collect_features.main(["--max-failed-share", "5", *parts])


def test_vad_from_cepstra(tmp_path: Path) -> None:
    data = write_data(tmp_path / "data")
    run_job(data, data / "m", JobSettings(options=MfccOptions()))
    (data / "m.scp").rename(data / "feats.scp")
    assert compute_vad.main([str(data), str(data / "vad.ark"), str(data / "vad.scp")]) == 0
    frames = read_table(data / "m.utt2num_frames")
    for name, decisions in read_ark(data / "vad.ark"):
        assert len(decisions) == int(frames[name])
        assert set(decisions.tolist()) <= {0.0, 1.0}


def test_sliding_means_in_files(tmp_path: Path) -> None:
    data = write_data(tmp_path / "data")
    run_job(data, data / "f", JobSettings(options=FbankOptions(), compress=False))
    files = [str(data / "cmn.ark"), str(data / "cmn.scp")]
    options = ["--compress", "false", "--cmn-window", "50"]
    assert apply_cmvn_sliding.main([*options, str(data / "f.scp"), *files]) == 0
    features = dict(read_ark(data / "f.ark"))
    normalized = dict(read_ark(data / "cmn.ark"))
    assert list(normalized) == list(features)
    np.testing.assert_array_equal(normalized["u5"], sliding_cmn(features["u5"], 50))
    with pytest.raises(UserError, match="a whole number, 1 or more"):
        apply_cmvn_sliding.main(["--cmn-window", "0", str(data / "f.scp"), *files])
