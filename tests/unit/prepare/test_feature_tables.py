"""What is odd about the audio of a set is counted, listed and, if asked, refused."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from speakernet.bin import collect_features, compute_features
from speakernet.config import UserError
from speakernet.kaldi.tables import read_table
from speakernet.prepare.feature_jobs import JobSettings, run_job
from speakernet.signal.options import FbankOptions

RATE = 16000
SPEECH = np.random.default_rng(0).normal(0, 900, (2 * RATE, 2)).astype(np.int16)


def write_data(folder: Path) -> Path:
    """A data dir with oddities of several kinds, and one entry that cannot be read at all."""
    folder.mkdir()
    signals = {
        "u1-good": SPEECH[:, 0],
        "u2-stereo": SPEECH,
        "u3-half": SPEECH * np.array([0, 1], np.int16),
        "u4-short": SPEECH[:2000, 0],
        "u5-loud": np.clip(80 * SPEECH[:, 0].astype(int), -32768, 32767).astype(np.int16),
    }
    entries = {name: str(folder / f"{name}.wav") for name in signals}
    for name, samples in signals.items():
        soundfile.write(entries[name], samples, RATE)
    entries["u6-damaged"] = f"echo 'CRC error in frame 7' >&2; cat {entries['u1-good']} |"
    entries["u7-nothing"] = f"{entries['u1-good']}:{10**17}"
    lines = [f"{name} {entry}\n" for name, entry in entries.items()]
    (folder / "wav.scp").write_text("".join(lines), encoding="utf-8")
    return folder


def make(data: Path, *options: str) -> None:
    """Compute features with lines of a configuration."""
    (data / "fbank.conf").write_text("".join(f"{option}\n" for option in options))
    config = ["--config", str(data / "fbank.conf")]
    compute_features.main([*config, "fbank", str(data), str(data / "f.1")])
    arguments = ["fbank", str(data), str(data / "f.JOB")]
    collect_features.main(["--max-failed-share", "0.5", *config, *arguments])


def test_oddities_are_counted_and_listed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    data = write_data(tmp_path / "data")
    make(data)
    share = 100 * np.mean(np.abs(80 * SPEECH[:, 0].astype(int)) >= 32767)
    assert read_table(data / "utterance_notes") == {
        "u2-stereo": "with 2 channels, channel 1 taken",
        "u3-half": "with 2 channels, channel 1 taken; silent",
        "u4-short": "shorter than 0.25 s (0.125 s)",
        "u5-loud": f"clipped ({share:.1f} % of samples)",
        "u6-damaged": "decoded with errors (CRC error in frame 7)",
    }
    assert (
        f"{data}: 2 with 2 channels, channel 1 taken, 1 silent, 1 shorter than 0.25 s, 1 clipped, "
        f"1 decoded with errors; see its utterance_notes"
    ) in caplog.text
    assert "u7-nothing" not in read_table(data / "feats.scp")
    assert "expected more than the offset" in caplog.text


def test_they_can_be_refused(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    data = write_data(tmp_path / "data")
    make(data, "--refuse=silent,short", "--short-duration=0.1")
    assert list(read_table(data / "feats.scp")) == [
        "u1-good", "u2-stereo", "u4-short", "u5-loud", "u6-damaged"
    ]  # fmt: skip
    assert "u3-half': silent; refused by --refuse=silent,short" in caplog.text
    with pytest.raises(UserError, match="4 of 7 utterances could not be read"):
        make(data, "--refuse=channels,errors")


def test_channels_can_be_averaged(tmp_path: Path) -> None:
    data = write_data(tmp_path / "data")
    make(data, "--channel=average")
    notes = read_table(data / "utterance_notes")
    assert notes["u3-half"] == notes["u2-stereo"] == "with 2 channels, averaged"


def test_nothing_odd_leaves_no_table(tmp_path: Path) -> None:
    data = write_data(tmp_path / "data")
    make(data)
    first = (data / "wav.scp").read_text().splitlines(keepends=True)[0]
    (data / "wav.scp").write_text(first)
    make(data)
    assert not (data / "utterance_notes").exists()


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--channel=left", "--channel=left: expected -1 .the first., a number from 0, average or"),
        ("--channel=-2", "--channel=-2: expected"),
        ("--refuse=silence", "--refuse=silence: expected channels, .* mean 'silent'"),
        ("--short-duration=nan", "fbank.conf:1: --short-duration: found 'nan'; expected a finite"),
        ("--min-duration=-1", "expected 0 or more"),
    ],
)
def test_options_out_of_range(tmp_path: Path, option: str, message: str) -> None:
    data = write_data(tmp_path / "data")
    with pytest.raises(UserError, match=message):
        make(data, option)


ODD_ENTRIES = (
    "sox {} -t wav - speed 1.0.1 |",
    "sox {} -t wav - speed 0 |",
    "wav-reverberate --additive-signals={} --snrs=5 --start-times=nan {} - |",
    "wav-reverberate --additive-signals={} --snrs=-inf --start-times=0 {} - |",
    "wav-reverberate --additive-signals={} --snrs=1e5 --start-times=0 {} - |",
    "wav-reverberate --duration=1e18 {} - |",
    "wav-reverberate --input-wave-channel=3 {} - |",
    "wav-reverberate --noise-channel=-1 {} - |",
    "wav-reverberate " * 2000 + "|",
    "{}:4000000000",
    "{}:999999999999999999999",
    "-",
    "/dev/zero",
    "/",
    "cat {} | head -c 1000 |",
    "echo {} |",
    "'{} |",
    "exit 7 |",
    "x\u00a0{}",
)
ODD_SEGMENTS = (
    "good -1 1", "good 1 1", "good nan 1", "good 0 1e99", "good 9 12", "good 0 +1", "good 1_0 -1",
    "Good 0 1", "nowhere 0 1", "good 0.5 0.50001", "good 0 2.6",
)  # fmt: skip


def test_one_odd_line_is_one_failure(tmp_path: Path) -> None:
    good = tmp_path / "a.wav"
    soundfile.write(good, SPEECH[:, 0], RATE)
    entries = [f"u{n:02} {entry.format(good, good)}\n" for n, entry in enumerate(ODD_ENTRIES)]
    (tmp_path / "wav.scp").write_text(f"a {good}\n{''.join(entries)}z {good}\n", encoding="utf-8")
    report = run_job(tmp_path, tmp_path / "f", JobSettings(options=FbankOptions()))
    assert list(read_table(tmp_path / "f.scp")) == ["a", "z"]
    assert len(report.failed) == len(ODD_ENTRIES)
    (tmp_path / "wav.scp").write_text(f"good {good}\n")
    lines = [f"u{n:02} {line}\n" for n, line in enumerate(ODD_SEGMENTS)]
    (tmp_path / "segments").write_text(f"a good 0 1\n{''.join(lines)}z good 1 -1\n")
    report = run_job(tmp_path, tmp_path / "f", JobSettings(options=FbankOptions()))
    assert list(read_table(tmp_path / "f.scp")) == ["a", "z"]
    assert len(report.failed) == len(ODD_SEGMENTS)
    assert all("\n" not in reason and "Error" not in reason for reason in report.failed.values())


@pytest.mark.parametrize("facts", [{"num_written": "x"}, {"other": 1}, {"duration_s": None}])
def test_a_job_without_a_report_is_named(tmp_path: Path, facts: dict[str, object]) -> None:
    data = write_data(tmp_path / "data")
    run_job(data, data / "f.1", JobSettings(options=FbankOptions()))
    record = data / "f.1.json"
    content = json.loads(record.read_text())
    record.write_text(json.dumps({**content, "facts": {**content["facts"], **facts}}))
    with pytest.raises(UserError, match=r"f\.1\.json: has no report; remove it"):
        collect_features.main(["--max-failed-share", "0.5", "fbank", str(data), f"{data}/f.JOB"])
