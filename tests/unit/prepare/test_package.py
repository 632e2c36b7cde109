"""The entries of wav.scp that this package writes for sox: the real sox runs them."""

from pathlib import Path
from shutil import which

import numpy as np
import pytest
import soundfile

from speakernet.audio.reader import run_command
from speakernet.bin import make_musan
from speakernet.kaldi.pipes import AudioFile, Resampled, parse_entry
from speakernet.kaldi.tables import read_table
from speakernet.prepare.speed_copies import speed_entry


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


@pytest.mark.skipif(not which("sox"), reason="needs sox")
@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg", "it's.flac"])
def test_sox_changes_the_rate_of_noises(tmp_path: Path, name: str) -> None:
    samples = np.random.default_rng(0).integers(-3000, 3000, 16000) / 32768
    for part in ("noise", "music", "speech"):
        (tmp_path / "a tree" / part).mkdir(parents=True)
        soundfile.write(tmp_path / "a tree" / part / name, samples, 16000)
    options = ["--sampling-rate", "8000", str(tmp_path / "a tree"), str(tmp_path / "m")]
    assert make_musan.main(options) == 0
    (entry,) = read_table(tmp_path / "m_noise/wav.scp").values()
    assert isinstance(parse_entry(entry), Resampled)
    audio = run_command(entry[:-1])
    assert (audio.sample_rate, len(audio.samples)) == (8000, 8000)
