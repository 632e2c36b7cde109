"""Lines with noise as Kaldi's augment_data_dir.py writes them, the same for the same seed."""

from pathlib import Path

import numpy as np
import pytest

from speakernet.audio.reader import AudioReader
from speakernet.config import UserError
from speakernet.kaldi.audio_nodes import Reverberated
from speakernet.kaldi.pipes import parse_entry
from speakernet.kaldi.shell import quoted
from speakernet.kaldi.tables import read_table
from speakernet.prepare.noise_copies import NoiseOptions, NoiseSet, iter_noisy_entries
from tests.unit.prepare.programs import assert_read_as_by_a_shell
from tests.unit.prepare.recordings import write_data_dir, write_waveform


def test_foreground_noises_follow_each_other(train: Path, noises: Path) -> None:
    foreground = NoiseSet.from_dir(noises)
    options = NoiseOptions(foreground=foreground, foreground_snrs_db=(15, 10), interval_s=1)
    entries = dict(iter_noisy_entries(train, options))
    assert list(entries) == [f"s{i // 2}-u{i}" for i in range(4)]
    node = parse_entry(entries["s1-u2"])
    assert isinstance(node, Reverberated)
    assert list(node.start_times) == [0, 1.6, 3.2]
    assert set(node.snrs) <= {15, 10}
    assert entries["s1-u3"].startswith("cat ")


def test_backgrounds_are_as_long_as_the_speech(train: Path, noises: Path) -> None:
    background = NoiseSet.from_dir(noises)
    options = NoiseOptions(
        background=background, background_snrs_db=(20, 17), nums_background=(3, 4, 5)
    )
    entries = dict(iter_noisy_entries(train, options))
    node = parse_entry(entries["s1-u2"])
    assert isinstance(node, Reverberated)
    assert 3 <= len(node.additive_signals) <= 5
    for signal in node.additive_signals:
        assert isinstance(signal, Reverberated)
        assert signal.options.duration == 3.25
    for entry in entries.values():
        assert isinstance(AudioReader().read(parse_entry(entry)), np.ndarray)


def test_same_seed_same_lines_whatever_else_is_there(
    tmp_path: Path, train: Path, noises: Path
) -> None:
    rows = read_table(train / "wav.scp").items()
    some = write_data_dir(tmp_path / "some", {k: v for k, v in rows if "u1" not in k})
    options = NoiseOptions(foreground=NoiseSet.from_dir(noises), seed=1)
    everything = dict(iter_noisy_entries(train, options))
    assert dict(iter_noisy_entries(train, options)) == everything
    assert dict(iter_noisy_entries(some, options)).items() <= everything.items()
    other = NoiseOptions(foreground=NoiseSet.from_dir(noises), seed=7)
    assert dict(iter_noisy_entries(train, other)) != everything


@pytest.mark.parametrize("kind", ["foreground", "background"])
@pytest.mark.parametrize("is_command", [False, True])
def test_noises_with_any_name_are_the_same_for_a_shell_and_for_us(
    tmp_path: Path, train: Path, odd_names: list[str], kind: str, is_command: bool
) -> None:
    paths = [tmp_path / "odd" / name for name in odd_names]
    for path in paths:
        write_waveform(path, 0.6)
    entries = [f"sox {quoted(str(path))} -t wav - |" if is_command else str(path) for path in paths]
    table = {f"n{number}": entry for number, entry in enumerate(entries)}
    noises = NoiseSet.from_dir(write_data_dir(tmp_path / "n", table))
    options = NoiseOptions(
        foreground=noises if kind == "foreground" else None,
        background=noises if kind == "background" else None,
        nums_background=(3, 9),
    )
    assert_read_as_by_a_shell(tmp_path, dict(iter_noisy_entries(train, options)).values())


def test_no_noise_at_all(tmp_path: Path) -> None:
    (tmp_path / "wav.scp").touch()
    with pytest.raises(UserError, match=r"wav.scp: found no noises"):
        NoiseSet.from_dir(tmp_path)
