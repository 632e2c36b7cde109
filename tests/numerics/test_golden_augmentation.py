"""Reverberation and noise beside Kaldi's wav-reverberate, from its own command lines."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from speakernet.audio.reader import read_audio
from speakernet.audio.wav import write_wav
from speakernet.bin.wav_reverberate import main

FOLDER = Path(__file__).parents[1] / "golden/augmentation"
GOLDEN = np.load(FOLDER / "augmentation.npz")
CASES = FOLDER.joinpath("cases.txt").read_text(encoding="utf-8").splitlines()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("augmentation")
    (path / "wav").mkdir()
    (path / "out").mkdir()
    for name in GOLDEN.files:
        if name.startswith("wav/"):
            write_wav(path / name, GOLDEN[name], 16000)
    return path


def signal_to_difference_db(result: NDArray[np.float64], expected: NDArray[np.float64]) -> float:
    difference = np.sum((result - expected) ** 2)
    return float(10 * np.log10(np.sum(expected**2) / max(difference, 1e-9)))


@pytest.mark.parametrize("case", CASES, ids=lambda case: Path(case.split()[-1]).stem)
def test_command_line_gives_kaldis_waveform(
    case: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    command, output = case.rsplit(" ", 1)
    result = read_audio(f"{command} - |").astype(np.float64)
    expected = GOLDEN[output].astype(np.float64)
    assert len(result) == len(expected)
    if "impulse-response" in case:
        assert signal_to_difference_db(result, expected) > 50
    else:
        assert np.abs(result - expected).max() <= 1


def test_program_writes_the_same(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    options = ["--shift-output=true", "--impulse-response=wav/rir-a.wav"]
    assert main([*options, "wav/en-0007.wav", "program.wav"]) == 0
    words = " ".join(options)
    expected = read_audio(f"wav-reverberate {words} wav/en-0007.wav - |")
    np.testing.assert_array_equal(read_audio("program.wav"), expected)
