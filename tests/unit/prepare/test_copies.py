"""Copies of data dirs: the lines of Kaldi's augmentation scripts, the same for the same seed."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from speakernet.audio.reader import AudioReader, iter_audio
from speakernet.audio.wav import write_wav
from speakernet.bin import (
    augment_data_dir,
    compute_durations,
    make_musan,
    perturb_data_dir_speed,
    reverberate_data_dir,
)
from speakernet.config import UserError
from speakernet.kaldi.pipes import AudioFile, Resampled, Reverberated, parse_entry
from speakernet.kaldi.room_lists import read_responses
from speakernet.kaldi.tables import read_table
from speakernet.prepare.durations import (
    compute_part,
    entry_duration,
    iter_durations,
)
from speakernet.signal.resample import change_speed, changed_length


def write_waveform(path: Path, seconds: float, seed: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = np.random.default_rng(seed).integers(-3000, 3000, int(seconds * 16000))
    write_wav(path, samples.astype(np.int16), 16000)


def write_data_dir(folder: Path, entries: dict[str, str]) -> Path:
    folder.mkdir(parents=True)
    tables = {"wav.scp": entries, "utt2spk": {name: name[:2] for name in entries}}
    for table, rows in tables.items():
        lines = "".join(f"{key} {value}\n" for key, value in sorted(rows.items()))
        (folder / table).write_text(lines, encoding="utf-8")
    return folder


@pytest.fixture
def train(tmp_path: Path) -> Path:
    entries = {}
    for index, seconds in enumerate((1.5, 2.0, 3.25, 0.7)):
        path = tmp_path / f"wav/{index}.wav"
        write_waveform(path, seconds, index)
        entries[f"s{index // 2}-u{index}"] = str(path)
    entries["s1-u3"] = f"cat {entries['s1-u3']} |"
    return write_data_dir(tmp_path / "train", entries)


@pytest.fixture
def musan(tmp_path: Path) -> Path:
    root = tmp_path / "musan"
    for part, seconds in (("noise", 0.6), ("music", 5), ("speech", 2)):
        for index in range(4):
            write_waveform(root / f"{part}/source/{part}-{index:04}.wav", seconds, index)
    annotations = "".join(f"music-{i:04} rock {'YN'[i % 2]} someone\n" for i in range(5))
    (root / "music/source/ANNOTATIONS").write_text(annotations, encoding="utf-8")
    return root


@pytest.fixture
def rirs(tmp_path: Path) -> Path:
    lines = []
    for index in range(6):
        path = f"RIRS_NOISES/small/r{index}.wav"
        write_waveform(tmp_path / path, 0.1, index)
        lines.append(f"--rir-id r{index} --room-id room{index % 2} {path}\n")
    (tmp_path / "RIRS_NOISES/small/rir_list").write_text("".join(lines), encoding="utf-8")
    return tmp_path / "RIRS_NOISES/small/rir_list"


def augment(train: Path, target: Path, *options: str) -> dict[str, str]:
    assert augment_data_dir.main([*options, str(train), str(target)]) == 0
    return read_table(target / "wav.scp", is_sorted=True)


def reverberate(train: Path, target: Path, *options: str) -> dict[str, str]:
    assert reverberate_data_dir.main([*options, str(train), str(target)]) == 0
    return read_table(target / "wav.scp", is_sorted=True)


def test_musan_tree_becomes_data_dirs(tmp_path: Path, musan: Path) -> None:
    assert make_musan.main([str(musan), str(tmp_path / "m")]) == 0
    assert read_table(tmp_path / "m_noise/reco2dur") == {f"noise-{i:04}": "0.6" for i in range(4)}
    assert len(read_table(tmp_path / "m_music/wav.scp")) == 4
    assert make_musan.main(["--use-vocals", "false", str(musan), str(tmp_path / "n")]) == 0
    assert list(read_table(tmp_path / "n_music/wav.scp")) == ["music-0001", "music-0003"]


def test_musan_errors(tmp_path: Path, musan: Path) -> None:
    (musan / "music/source/ANNOTATIONS").write_text("music-0001 rock X\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"ANNOTATIONS:1: found 'music-0001 rock X'; expected"):
        make_musan.main([str(musan), str(tmp_path / "m")])
    with pytest.raises(UserError, match="found no audio"):
        make_musan.main([str(tmp_path / "wav"), str(tmp_path / "m")])


def test_foreground_noises_follow_each_other(tmp_path: Path, train: Path, musan: Path) -> None:
    make_musan.main([str(musan), str(tmp_path / "m")])
    options = ["--utt-suffix", "noise", "--fg-interval", "1", "--fg-snrs", "15:10"]
    entries = augment(
        train, tmp_path / "out", *options, "--fg-noise-dir", str(tmp_path / "m_noise")
    )
    assert list(entries) == [f"s{i // 2}-u{i}-noise" for i in range(4)]
    node = parse_entry(entries["s1-u2-noise"])
    assert isinstance(node, Reverberated)
    assert list(node.start_times) == [0, 1.6, 3.2]
    assert set(node.snrs) <= {15, 10}
    assert entries["s1-u3-noise"].startswith("cat ")
    assert read_table(tmp_path / "out/utt2spk")["s1-u2-noise"] == "s1"
    assert read_table(tmp_path / "out/utt2uniq")["s1-u2-noise"] == "s1-u2"


def test_babble_has_backgrounds_as_long_as_the_speech(
    tmp_path: Path, train: Path, musan: Path
) -> None:
    make_musan.main([str(musan), str(tmp_path / "m")])
    options = ["--utt-suffix", "b", "--bg-snrs", "20:17", "--num-bg-noises", "3:4:5"]
    entries = augment(
        train, tmp_path / "out", *options, "--bg-noise-dir", str(tmp_path / "m_speech")
    )
    node = parse_entry(entries["s1-u2-b"])
    assert isinstance(node, Reverberated)
    assert 3 <= len(node.additive_signals) <= 5
    for signal in node.additive_signals:
        assert isinstance(signal, Reverberated)
        assert signal.options.duration == 3.25
    for _, waveform in iter_audio(tmp_path / "out", AudioReader()):
        assert isinstance(waveform, np.ndarray)


def test_same_seed_same_lines_whatever_else_is_there(
    tmp_path: Path, train: Path, musan: Path, rirs: Path
) -> None:
    make_musan.main([str(musan), str(tmp_path / "m")])
    noise = ["--utt-suffix", "x", "--fg-noise-dir", str(tmp_path / "m_noise")]
    room = ["--utt-suffix", "x", "--rir-set-parameters", str(rirs)]
    some = write_data_dir(
        tmp_path / "some", {k: v for k, v in read_table(train / "wav.scp").items() if "u1" not in k}
    )
    for make, options in ((augment, noise), (reverberate, room)):
        name = make.__name__
        everything = make(train, tmp_path / f"{name}1", *options)
        assert make(train, tmp_path / f"{name}2", *options) == everything
        assert make(some, tmp_path / f"{name}3", *options).items() <= everything.items()
        other = make(train, tmp_path / f"{name}4", *options, "--random-seed", "7")
        assert other != everything


def test_random_subset(tmp_path: Path, train: Path, musan: Path) -> None:
    make_musan.main([str(musan), str(tmp_path / "m")])
    noise = ["--utt-suffix", "x", "--fg-noise-dir", str(tmp_path / "m_noise")]
    (train / "spk2gender").write_text("s0 f\ns1 m\n", encoding="utf-8")
    entries = augment(train, tmp_path / "out", *noise, "--num-utts", "2")
    assert len(entries) == 2
    for table in ("utt2spk", "utt2uniq"):
        assert list(read_table(tmp_path / "out" / table)) == list(entries)
    with pytest.raises(UserError, match="found 4 utterances; expected at least 9"):
        augment(train, tmp_path / "out2", *noise, "--num-utts", "9")


def test_reverberant_copy(tmp_path: Path, train: Path, rirs: Path) -> None:
    options = ["--rir-set-parameters", f"1.0, {rirs}", "--source-sampling-rate", "16000"]
    entries = reverberate(train, tmp_path / "out", *options, "--utt-suffix", "reverb")
    for name, entry in entries.items():
        node = parse_entry(entry)
        assert isinstance(node, Reverberated)
        assert isinstance(node.source, AudioFile)
        assert isinstance(node.impulse_response, Resampled)
        assert name.endswith("-reverb")
    originals = dict(iter_audio(train, AudioReader()))
    for name, waveform in iter_audio(tmp_path / "out", AudioReader()):
        assert isinstance(waveform, np.ndarray)
        assert len(waveform) == len(np.asarray(originals[name.removesuffix("-reverb")]))


def test_replications_have_prefixes_and_speakers_of_their_own(
    tmp_path: Path, train: Path, rirs: Path
) -> None:
    options = ["--num-replications", "2", "--include-original-data", "true"]
    entries = reverberate(train, tmp_path / "out", *options, "--rir-set-parameters", str(rirs))
    assert len(entries) == 12
    assert entries["rvb0-s0-u0"] == read_table(train / "wav.scp")["s0-u0"]
    assert entries["rvb1-s0-u0"] != entries["rvb2-s0-u0"]
    assert read_table(tmp_path / "out/utt2spk")["rvb2-s1-u2"] == "rvb2-s1"
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith("out")) == [
        "out"
    ]


def test_noises_of_a_room(tmp_path: Path, train: Path, rirs: Path) -> None:
    write_waveform(tmp_path / "noise.wav", 1)
    noises = tmp_path / "noises"
    noises.write_text(
        f"--noise-id p --noise-type point-source --bg-fg-type foreground {tmp_path}/noise.wav\n"
        f"--noise-id i --noise-type isotropic --room-linkage room0 cat {tmp_path}/noise.wav |\n",
        encoding="utf-8",
    )
    options = ["--rir-set-parameters", str(rirs), "--noise-set-parameters", str(noises)]
    entries = reverberate(train, tmp_path / "out", *options, "--max-noises-per-minute", "60")
    counts = []
    for _, waveform in iter_audio(tmp_path / "out", AudioReader()):
        assert isinstance(waveform, np.ndarray)
    for entry in entries.values():
        node = parse_entry(entry)
        assert isinstance(node, Reverberated)
        counts.append(len(node.additive_signals))
    assert max(counts) >= 2


def test_rooms_are_drawn_by_their_weights(tmp_path: Path, rirs: Path) -> None:
    other = tmp_path / "other_list"
    other.write_text(
        "--rir-id x --room-id y --probability 0.2 x.wav\n--rir-id z --room-id y z.wav\n"
    )
    responses = read_responses([f"0.75, {rirs}", str(other)], smoothing=0.0)
    by_file = {Path(item.location).name: item.probability for item in responses}
    assert by_file["r0.wav"] == pytest.approx(0.75 / 6)
    assert by_file["x.wav"] == pytest.approx(0.25 * 0.2)
    assert by_file["z.wav"] == pytest.approx(0.25 * 0.8)


def test_speed_copy(tmp_path: Path, train: Path) -> None:
    list(iter_durations(train))
    assert perturb_data_dir_speed.main(["0.8", str(train), str(tmp_path / "out")]) == 0
    entries = read_table(tmp_path / "out/wav.scp", is_sorted=True)
    assert list(entries) == [f"sp0.8-s{i // 2}-u{i}" for i in range(4)]
    assert read_table(tmp_path / "out/utt2spk")["sp0.8-s1-u2"] == "sp0.8-s1"
    assert float(read_table(tmp_path / "out/reco2dur")["sp0.8-s1-u2"]) == pytest.approx(3.25 / 0.8)
    reader = AudioReader()
    assert len(reader.read(entries["sp0.8-s0-u0"])) == 30_000


def test_an_id_that_is_the_start_of_another_keeps_tables_sorted(
    tmp_path: Path, train: Path, musan: Path
) -> None:
    make_musan.main([str(musan), str(tmp_path / "m")])
    path = str(tmp_path / "wav/0.wav")
    source = write_data_dir(tmp_path / "s", {"aa": path, "aa-1": path, "aa-x": path})
    options = ["--utt-suffix", "noise", "--fg-noise-dir", str(tmp_path / "m_noise")]
    assert list(augment(source, tmp_path / "out", *options)) == [
        "aa-1-noise",
        "aa-noise",
        "aa-x-noise",
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "neither --fg-noise-dir nor --bg-noise-dir"),
        (["--fg-noise-dir", "m", "--fg-interval", "-1"], "a whole number, 0 or more"),
        (["--fg-noise-dir", "m", "--utt-suffix", "a", "--utt-prefix", "b"], "expected one of them"),
    ],
)
def test_options_that_do_not_fit(
    train: Path, tmp_path: Path, options: Sequence[str], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        augment_data_dir.main([*options, str(train), str(tmp_path / "out")])
    assert not (tmp_path / "out").exists()


def test_a_noise_that_kaldis_list_cannot_hold(tmp_path: Path, train: Path) -> None:
    write_data_dir(tmp_path / "n", {"a": "some,noise.wav"})
    with pytest.raises(UserError, match="found a quote or comma in 'some,noise.wav'"):
        augment(train, tmp_path / "out", "--fg-noise-dir", str(tmp_path / "n"))


def test_durations_that_do_not_fit(tmp_path: Path, train: Path) -> None:
    (train / "reco2dur").write_text("s0-u0 1.5\ns0-u9 2\n", encoding="utf-8")
    with pytest.raises(UserError, match="reco2dur:2: found 's0-u9'; expected 's0-u1'"):
        list(iter_durations(train))
    (train / "reco2dur").write_text("s0-u0 long\n", encoding="utf-8")
    with pytest.raises(UserError, match="reco2dur:1: found 'long'; expected a duration"):
        list(iter_durations(train))


def test_durations_of_a_job_that_is_none(tmp_path: Path, train: Path) -> None:
    with pytest.raises(UserError, match="job 3 of 2; expected a number from 1 to 2"):
        compute_durations.main(["--job", "3", str(train), str(tmp_path / "part"), "2"])


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
    with pytest.raises(UserError, match=r"^wav.scp:1: .*: found no samples$"):
        entry_duration(entry, AudioReader(), "wav.scp:1")
    scp = tmp_path / "wav.scp"
    scp.write_text(f"a {entry}\n", encoding="utf-8")
    assert compute_part(scp, tmp_path / "part", 1, 1) == (1, 1)
    assert (tmp_path / "part.durations").read_text() == ""
