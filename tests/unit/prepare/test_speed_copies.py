"""Copies at another speed, with speakers of their own."""

from pathlib import Path
from shutil import which

import numpy as np
import pytest
import soundfile

from speakernet.audio.commands import run_command
from speakernet.audio.reader import AudioReader
from speakernet.kaldi.audio_nodes import AudioFile, Resampled
from speakernet.kaldi.pipes import parse_entry
from speakernet.kaldi.tables import read_table
from speakernet.prepare.durations import iter_durations
from speakernet.prepare.speed_copies import speed_entry, write_speed_copy


def test_a_slower_copy_is_longer_and_has_other_speakers(tmp_path: Path, train: Path) -> None:
    list(iter_durations(train))
    write_speed_copy(train, tmp_path / "out", "0.8")
    entries = read_table(tmp_path / "out/wav.scp", is_sorted=True)
    assert list(entries) == [f"sp0.8-s{i // 2}-u{i}" for i in range(4)]
    assert read_table(tmp_path / "out/utt2spk")["sp0.8-s1-u2"] == "sp0.8-s1"
    assert float(read_table(tmp_path / "out/reco2dur")["sp0.8-s1-u2"]) == pytest.approx(3.25 / 0.8)
    assert len(AudioReader().read(entries["sp0.8-s0-u0"])) == 30_000


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("/a/b.wav", "sox -t wav /a/b.wav -t wav - speed 1.1 |"),
        ("/a/b.flac", "sox /a/b.flac -t wav - speed 1.1 |"),
        ("cat b.wav |", "cat b.wav | sox -t wav - -t wav - speed 1.1 |"),
        ("/a/b.ark:17", "wav-copy /a/b.ark:17 - | sox -t wav - -t wav - speed 1.1 |"),
        ("/my corpora/b.wav", "sox -t wav '/my corpora/b.wav' -t wav - speed 1.1 |"),
    ],
)
def test_lines_are_those_of_kaldis_script(entry: str, expected: str) -> None:
    assert speed_entry(entry, "1.1") == expected


@pytest.mark.skipif(not which("sox"), reason="needs sox")
@pytest.mark.parametrize("name", ["a.wav", "A.WAV", "a.flac", "a.ogg", "a (b).wav", "it's.flac"])
def test_sox_runs_what_is_written_for_it(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    samples = np.random.default_rng(0).integers(-3000, 3000, 16000) / 32768
    soundfile.write(path, samples, 16000, format=name.rpartition(".")[2])
    faster = speed_entry(str(path), "1.25")
    node = parse_entry(faster)
    assert isinstance(node, Resampled)
    assert (node.file, node.speed) == (AudioFile(str(path)), 1.25)
    assert len(run_command(faster[:-1]).samples) == 12_800
