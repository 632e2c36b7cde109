"""Noises for a corpus that comes without MUSAN."""

from pathlib import Path

import make_noises
import numpy as np
import pytest
from simulated_noise import simulate

from speakernet.audio.reader import read_audio
from speakernet.config import UserError
from speakernet.kaldi.datadir import NewUtterance, create
from speakernet.prepare.early_checks import check_noises
from tests.recordings import write_noise


@pytest.fixture
def train(tmp_path: Path) -> Path:
    """A training set of two speakers."""
    made = []
    for number, speaker in enumerate("aab"):
        write_noise(tmp_path / f"{number}.wav", number, 12_000)
        entry = str(tmp_path / f"{number}.wav")
        made.append(NewUtterance(f"{speaker}-{number}", speaker, entry))
    (tmp_path / "train").mkdir()
    create(tmp_path / "train", made)
    return tmp_path / "train"


def make(root: Path, train: Path) -> Path:
    target = train.parent / "musan"
    make_noises.main(["--data-root", str(root), str(train), str(target)])
    return target


def test_noise_is_simulated_and_babble_is_the_training_sets(
    tmp_path: Path, train: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(make_noises, "NUM_SIMULATED", 3)
    tree = make(tmp_path, train)
    check_noises(tree)
    assert len(list(tree.glob("noise/own/*.wav"))) == len(list(tree.glob("music/own/*.wav"))) == 3
    babble = read_audio(str(tree / "speech/own/speech-own-0001.wav"))
    assert np.array_equal(babble, read_audio(str(tmp_path / "1.wav")))


def test_own_noises_of_any_kind_are_taken(
    tmp_path: Path, train: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "noises/rain & wind").mkdir(parents=True)
    write_noise(tmp_path / "noises/rain & wind/a b.wav", 9, 20_000)
    (tmp_path / "noises/broken.mp3").write_text("none")
    tree = make(tmp_path, train)
    assert len(read_audio(str(tree / "noise/own/noise-own-0000.wav"))) == 20_000
    assert "noises/broken.mp3 is left out: cannot be read" in caplog.text
    (tmp_path / "noises/rain & wind/a b.wav").unlink()
    with pytest.raises(UserError, match="noises: found no sound file that can be used"):
        make(tmp_path, train)


def test_noises_differ_and_are_the_same_again() -> None:
    some = [simulate(number, 16_000) for number in (0, 1, 5, 5)]
    assert np.array_equal(some[2], some[3]) and not np.array_equal(some[0], some[1])
    assert all(len(x) == 160_000 and np.abs(x).max() == pytest.approx(16_000) for x in some)
