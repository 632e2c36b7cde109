"""Lines of rooms as Kaldi's reverberate_data_dir.py writes them, and copies of them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from speakernet.audio.reader import AudioReader, Reading, iter_audio
from speakernet.kaldi.audio_nodes import AudioFile, Resampled, Reverberated
from speakernet.kaldi.datadir import Affixes
from speakernet.kaldi.pipes import parse_entry
from speakernet.kaldi.room_lists import read_noises, read_responses
from speakernet.kaldi.tables import read_table
from speakernet.prepare.reverberant_copies import (
    RoomOptions,
    iter_reverberant_entries,
    write_reverberant_copies,
)
from tests.unit.prepare.programs import assert_read_as_by_a_shell
from tests.unit.prepare.recordings import write_data_dir, write_waveform


@pytest.fixture
def options(rirs: Path) -> RoomOptions:
    return RoomOptions(responses=read_responses([f"1.0, {rirs}"], sample_rate=16000))


def test_a_room_changes_the_sound_and_not_the_length(
    tmp_path: Path, train: Path, options: RoomOptions
) -> None:
    write_reverberant_copies(train, tmp_path / "out", options, {1: Affixes(utt_suffix="-reverb")})
    for name, entry in read_table(tmp_path / "out/wav.scp", is_sorted=True).items():
        node = parse_entry(entry)
        assert isinstance(node, Reverberated)
        assert isinstance(node.source, AudioFile)
        assert isinstance(node.impulse_response, Resampled)
        assert name.endswith("-reverb")
    originals = dict(iter_audio(train, AudioReader()))
    for name, copy in iter_audio(tmp_path / "out", AudioReader()):
        original = originals[name.removesuffix("-reverb")]
        assert isinstance(copy, Reading) and isinstance(original, Reading)
        assert len(copy.waveform) == len(original.waveform)


def test_durations_hold_where_they_are_true(
    tmp_path: Path, train: Path, options: RoomOptions
) -> None:
    """Not shifted, a recording becomes longer: its duration is read again."""
    names = {1: Affixes(utt_suffix="-r")}
    write_reverberant_copies(train, tmp_path / "a", options, names)
    assert list(read_table(tmp_path / "a/reco2dur").values()) == ["1.5", "2", "3.25", "0.7"]
    longer = replace(options, shift_output=False)
    write_reverberant_copies(train, tmp_path / "b", longer, names)
    assert not (tmp_path / "b/reco2dur").exists()
    name, copy = next(iter(iter_audio(tmp_path / "b", AudioReader())))
    assert name == "s0-u0-r"
    assert isinstance(copy, Reading) and len(copy.waveform) > 1.5 * 16000


def test_several_copies_and_the_source_become_one_data_dir(
    tmp_path: Path, train: Path, options: RoomOptions
) -> None:
    names = {n: Affixes(utt_prefix=f"rvb{n}-", spk_prefix=f"rvb{n}-") for n in range(3)}
    write_reverberant_copies(train, tmp_path / "out", options, names)
    entries = read_table(tmp_path / "out/wav.scp", is_sorted=True)
    assert len(entries) == 12
    assert entries["rvb0-s0-u0"] == read_table(train / "wav.scp")["s0-u0"]
    assert entries["rvb1-s0-u0"] != entries["rvb2-s0-u0"]
    assert read_table(tmp_path / "out/utt2spk")["rvb2-s1-u2"] == "rvb2-s1"
    assert [path.name for path in tmp_path.glob("out*")] == ["out"]


def test_same_seed_same_lines_whatever_else_is_there(
    tmp_path: Path, train: Path, options: RoomOptions
) -> None:
    rows = read_table(train / "wav.scp").items()
    some = write_data_dir(tmp_path / "some", {k: v for k, v in rows if "u1" not in k})
    everything = dict(iter_reverberant_entries(train, options))
    assert dict(iter_reverberant_entries(train, options)) == everything
    assert dict(iter_reverberant_entries(some, options)).items() <= everything.items()
    assert dict(iter_reverberant_entries(train, replace(options, seed=7))) != everything
    assert dict(iter_reverberant_entries(train, options, 2)) != everything


def test_noises_of_a_room(tmp_path: Path, train: Path, options: RoomOptions) -> None:
    write_waveform(tmp_path / "noise.wav", 1)
    noises = tmp_path / "noises"
    noises.write_text(
        f"--noise-id p --noise-type point-source --bg-fg-type foreground {tmp_path}/noise.wav\n"
        f"--noise-id i --noise-type isotropic --room-linkage room0 cat {tmp_path}/noise.wav |\n",
        encoding="utf-8",
    )
    noisy = replace(options, noises=read_noises([str(noises)]), max_noises_per_minute=60)
    counts = []
    for _, entry in iter_reverberant_entries(train, noisy):
        node = parse_entry(entry)
        assert isinstance(node, Reverberated)
        counts.append(len(node.additive_signals))
        assert isinstance(AudioReader().read(node), np.ndarray)
    assert max(counts) >= 2


@pytest.mark.parametrize("sample_rate", [None, 16000])
def test_files_with_any_name_are_the_same_for_a_shell_and_for_us(
    tmp_path: Path, train: Path, odd_names: list[str], sample_rate: int | None
) -> None:
    responses, noises = [], []
    for number, name in enumerate(odd_names):
        write_waveform(tmp_path / "odd" / name, 0.2)
        responses.append(f"--rir-id r{number} --room-id q {tmp_path}/odd/{name}\n")
        kind = "isotropic --room-linkage q" if number % 2 else "point-source"
        noises.append(f"--noise-id n{number} --noise-type {kind} {tmp_path}/odd/{name}\n")
    (tmp_path / "rirs").write_text("".join(responses), encoding="utf-8")
    (tmp_path / "noises").write_text("".join(noises), encoding="utf-8")
    options = RoomOptions(
        responses=read_responses([str(tmp_path / "rirs")], sample_rate=sample_rate),
        noises=read_noises([str(tmp_path / "noises")], sample_rate=sample_rate),
        max_noises_per_minute=100,
    )
    entries = [e for n in range(5) for _, e in iter_reverberant_entries(train, options, n)]
    assert_read_as_by_a_shell(tmp_path, entries)
