"""Random augmentation of waveform crops: kinds, ratios, and the same draws for the same seed."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from speakernet.audio.wav import write_wav
from speakernet.config import UserError
from speakernet.data.config import OnlineAugmentConfig
from speakernet.data.online_augment import OnlineAugment
from speakernet.signal.rooms import reverberate_all

SAMPLE_RATE = 16000
Kind = Callable[[npt.NDArray[np.float32], np.random.Generator], npt.NDArray[np.float32]]


def noise(num_samples: int, seed: int, amplitude: int = 3000) -> npt.NDArray[np.int16]:
    drawn = np.random.default_rng(seed).integers(-amplitude, amplitude, num_samples)
    return drawn.astype(np.int16)


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """MUSAN-like data dirs (noises shorter and longer than a crop) and unit-impulse rooms."""
    for part in ("noise", "music", "speech"):
        entries = []
        for index, seconds in enumerate((0.3, 5, 1)):
            path = tmp_path / f"{part}{index}.wav"
            write_wav(path, noise(int(seconds * SAMPLE_RATE), index), SAMPLE_RATE)
            entries.append(f"{part}-{index} {path}\n")
        (tmp_path / f"musan_{part}").mkdir()
        (tmp_path / f"musan_{part}/wav.scp").write_text("".join(entries), encoding="utf-8")
    rooms = tmp_path / "RIRS_NOISES"
    for room in ("smallroom", "mediumroom"):
        impulse = np.array([20000], dtype=np.int16)
        folder = rooms / "simulated_rirs" / room
        folder.mkdir(parents=True)
        write_wav(folder / "r.wav", impulse, SAMPLE_RATE)
        line = f"--rir-id {room} --room-id {room} {folder / 'r.wav'}\n"
        (folder / "rir_list").write_text(line, encoding="utf-8")
    return tmp_path / "musan", rooms


@pytest.fixture
def crop() -> npt.NDArray[np.float32]:
    return noise(2 * SAMPLE_RATE, 7, 1000).astype(np.float32)


def test_the_same_seed_draws_the_same(
    folders: tuple[Path, Path], crop: npt.NDArray[np.float32]
) -> None:
    augment = OnlineAugment(OnlineAugmentConfig(probability=1), *folders, SAMPLE_RATE)
    rows = [augment(crop, np.random.default_rng(seed)) for seed in (*range(20), *range(20))]
    assert all(np.array_equal(a, b) for a, b in zip(rows[:20], rows[20:], strict=True))
    assert all(row.shape == crop.shape and row.dtype == np.float32 for row in rows)
    assert len({row.tobytes() for row in rows}) > 10


@pytest.mark.parametrize(("probability", "expected"), [(0.0, 0.0), (0.5, 0.5), (1.0, 1.0)])
def test_as_many_are_augmented_as_asked(
    folders: tuple[Path, Path],
    crop: npt.NDArray[np.float32],
    probability: float,
    expected: float,
) -> None:
    augment = OnlineAugment(OnlineAugmentConfig(probability=probability), *folders, SAMPLE_RATE)
    rng = np.random.default_rng(0)
    # A unit impulse leaves a crop as it is, up to rounding: what counts is whether a copy was made.
    changed = np.mean([augment(crop, rng) is not crop for _ in range(400)])
    assert changed == pytest.approx(expected, abs=0.08 if 0 < expected < 1 else 0)


@pytest.mark.parametrize("kind", ["_noise", "_music", "_babble"])
def test_the_ratio_is_the_one_that_was_drawn(
    folders: tuple[Path, Path], crop: npt.NDArray[np.float32], kind: str
) -> None:
    """Loudness is kept, so the noise is what is left of the crop at its best-fitting scale."""
    name = kind.strip("_")
    settings = {f"{name}_snr_db": (8, 8), "babble_voices": (1, 1)}
    config = OnlineAugmentConfig.model_validate(settings)
    augment = OnlineAugment(config, *folders, SAMPLE_RATE)
    apply: Kind = getattr(augment, kind)
    for seed in range(5):
        result = apply(crop, np.random.default_rng(seed)).astype(float)
        assert np.square(result).mean() == pytest.approx(np.square(crop).mean(), rel=0.01)
        scale = result @ crop / (crop @ crop)
        rest = result - scale * crop
        snr = 10 * np.log10(np.square(scale * crop).sum() / np.square(rest).sum())
        assert snr == pytest.approx(8, abs=0.4)


def test_a_room_that_is_one_impulse_changes_nothing(
    folders: tuple[Path, Path], crop: npt.NDArray[np.float32]
) -> None:
    augment = OnlineAugment(OnlineAugmentConfig(), *folders, SAMPLE_RATE)
    [result] = reverberate_all([crop], [augment._response(np.random.default_rng(0))])
    assert np.abs(result - crop).max() <= 1


def test_rooms_that_are_not_there(folders: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"has no rir_list of smallroom"):
        OnlineAugment(OnlineAugmentConfig(), folders[0], tmp_path, SAMPLE_RATE)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("musan_speech/wav.scp", r"musan_speech/wav.scp: 'speech-\d': gone/x.wav: no such file"),
        (
            "RIRS_NOISES/simulated_rirs/smallroom/rir_list",
            "smallroom/rir_list: gone/x.wav: no such",
        ),
    ],
)
def test_a_recording_that_is_gone_is_named_with_its_table(
    folders: tuple[Path, Path], crop: npt.NDArray[np.float32], table: str, message: str
) -> None:
    path = folders[0].parent / table
    text = re.sub(r"\S+\.wav", "gone/x.wav", path.read_text(encoding="utf-8"))
    path.write_text(text, encoding="utf-8")
    augment = OnlineAugment(OnlineAugmentConfig(probability=1), *folders, SAMPLE_RATE)
    with pytest.raises(UserError, match=message):
        for seed in range(50):
            augment(crop, np.random.default_rng(seed))


def test_a_table_without_recordings_is_refused(folders: tuple[Path, Path]) -> None:
    (folders[0].parent / "musan_music/wav.scp").write_text("", encoding="utf-8")
    with pytest.raises(UserError, match="musan_music/wav.scp: has no recordings"):
        OnlineAugment(OnlineAugmentConfig(), *folders, SAMPLE_RATE)
