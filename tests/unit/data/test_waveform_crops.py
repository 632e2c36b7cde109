"""Crops of recordings: places, lengths, what is refused."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from speakernet.arrays import Float32
from speakernet.audio.wav import write_wav
from speakernet.config import UserError
from speakernet.data.config import DataConfig
from speakernet.data.index import read_utterance_index
from speakernet.data.sample_keys import sample_keys
from speakernet.data.waveform_crops import WaveformCrops, num_samples

NUM_FRAMES = 20
LENGTH = 160 * NUM_FRAMES + 240
LENGTHS = {"a-1": 5000, "a-2": LENGTH, "b-1": 1000, "b-2": LENGTH + 1}


def waveform(name: str) -> Float32:
    """A ramp, so that a sample's value is its place."""
    return np.arange(LENGTHS[name], dtype=np.float32)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for name in LENGTHS:
        write_wav(tmp_path / f"{name}.wav", waveform(name).astype(np.int16), 16000)
    (tmp_path / "wav.scp").write_text("".join(f"{n} {tmp_path / n}.wav\n" for n in LENGTHS))
    (tmp_path / "utt2spk").write_text("".join(f"{n} {n[0]}\n" for n in LENGTHS))
    return tmp_path


def crops_of(data: Path, augment: object = None) -> WaveformCrops:
    config = DataConfig(num_frames=NUM_FRAMES)
    return WaveformCrops(data, read_utterance_index(data), config, augment)  # type: ignore[arg-type]


def batch_of(data: Path, row: int, count: int = 50) -> Float32:
    batch = crops_of(data).batch(np.full(count, row), sample_keys(0, 0, count))
    assert batch.shape == (count, LENGTH)
    return np.rint(batch.numpy() * 32768).astype(np.float32)


def test_samples_of_frames() -> None:
    """One frame has 25 ms, each other one adds 10."""
    assert [num_samples(n) for n in (1, 2, 100)] == [400, 560, 16240]


def test_crops_are_stretches_from_everywhere_in_full_scale(data: Path) -> None:
    crops = batch_of(data, 0)
    np.testing.assert_array_equal(np.diff(crops), 1)
    starts = crops[:, 0]
    last = 5000 - LENGTH
    assert starts.min() < 0.2 * last and 0.8 * last < starts.max() <= last
    assert {crop[0] for crop in batch_of(data, 3)} == {0, 1}


def test_a_short_utterance_is_repeated_from_its_beginning(data: Path) -> None:
    np.testing.assert_array_equal(batch_of(data, 2, 3), [np.resize(waveform("b-1"), LENGTH)] * 3)


def test_keys_decide_where_crops_begin(data: Path) -> None:
    crops, keys = crops_of(data), sample_keys(3, 0, 8)
    whole = crops.batch(np.zeros(8, dtype=int), keys).numpy()
    np.testing.assert_array_equal(crops.batch(np.zeros(3, dtype=int), keys[5:]), whole[5:])


def test_centre_crops_come_from_the_middle(data: Path) -> None:
    crops = crops_of(data).centre(np.array([0, 2]), 10).numpy() * 32768
    middle = (5000 - num_samples(10)) // 2
    np.testing.assert_allclose(crops[0], np.arange(middle, middle + num_samples(10)), atol=1e-2)
    np.testing.assert_allclose(crops[1], np.resize(waveform("b-1"), num_samples(10)), atol=1e-2)


def test_segments_are_utterances(data: Path) -> None:
    (data / "wav.scp").write_text(f"r {data / 'a-1.wav'}\n")
    (data / "segments").write_text("a-1 r 0 0.25\na-2 r 0.05 -1\nb-1 r 0.25 0.3\nb-2 r 0 -1\n")
    assert crops_of(data).centre(np.array([0]), 23)[0, 0] * 32768 == (4000 - num_samples(23)) // 2
    assert {crop.min() for crop in batch_of(data, 1, 10)} <= set(range(800, 5000 - LENGTH + 1))
    np.testing.assert_array_equal(batch_of(data, 2, 1)[0], np.resize(np.arange(4000, 4800), LENGTH))


def test_augmentation_sees_the_crop_before_it_is_scaled_and_its_own_numbers(data: Path) -> None:
    seen: list[tuple[int, float, float]] = []

    class Augment:
        def batch(self, crops: list[Float32], rngs: list[np.random.Generator]) -> list[Float32]:
            pairs = zip(crops, rngs, strict=True)
            seen.extend((len(c), float(c[1] - c[0]), rng.random()) for c, rng in pairs)
            return [-crop for crop in crops]

    keys = sample_keys(0, 0, 4)
    plain = crops_of(data).batch(np.zeros(4, dtype=int), keys)
    crops = crops_of(data, Augment())
    np.testing.assert_array_equal(crops.batch(np.zeros(4, dtype=int), keys), -plain)
    assert {(length, step) for length, step, _ in seen} == {(LENGTH, 1.0)}
    assert [draw for _, _, draw in seen] == [np.random.default_rng(key).random() for key in keys]
    np.testing.assert_array_equal(
        crops.centre(np.array([0]), 10), crops_of(data).centre(np.array([0]), 10)
    )


@pytest.mark.parametrize(
    ("kept", "message"),
    [
        (slice(0, 2), "wav.scp ends before utterance 'b-1'"),
        (slice(1, 4), "wav.scp:1: utterance 'a-2'; utt2spk has 'a-1' there"),
        (slice(0, 0), "wav.scp ends before utterance 'a-1'"),
    ],
)
def test_a_table_of_other_utterances(data: Path, kept: slice, message: str) -> None:
    lines = (data / "wav.scp").read_text().splitlines(keepends=True)
    (data / "wav.scp").write_text("".join(lines[kept]))
    with pytest.raises(UserError) as caught:
        crops_of(data)
    assert message in str(caught.value)


def test_a_table_of_more_utterances(data: Path) -> None:
    with (data / "wav.scp").open("a") as stream:
        stream.write("c-1 x.wav\n")
    with pytest.raises(UserError, match=r"wav\.scp:5: utterance 'c-1'; utt2spk has no more there"):
        crops_of(data)


def test_an_empty_segment_is_named(data: Path) -> None:
    (data / "wav.scp").write_text(f"r {data / 'a-1.wav'}\n")
    (data / "segments").write_text("a-1 r 0 -1\na-2 r 0 -1\nb-1 r 0.1 0.10001\nb-2 r 0 -1\n")
    with pytest.raises(UserError, match=r"wav\.scp:1: utterance 'b-1': found no samples"):
        batch_of(data, 2)


def test_another_rate_is_resampled(data: Path) -> None:
    write_wav(data / "a-1.wav", waveform("a-1").astype(np.int16)[:2500], 8000)
    crops = batch_of(data, 0)
    assert np.median(np.diff(crops[crops[:, 0] > 500])) in (0, 1)
    write_wav(data / "b-1.wav", np.ones(99, dtype=np.int16), 80)
    with pytest.raises(UserError, match=r"wav\.scp:3: utterance 'b-1': .*found 80 Hz"):
        batch_of(data, 2)


def test_no_more_is_read_than_the_crop(data: Path) -> None:
    """Crops come from a file that is damaged elsewhere."""
    whole = batch_of(data, 0)
    path = data / "a-1.flac"
    soundfile.write(path, np.zeros(80_000, dtype=np.int16), 16000)
    (data / "wav.scp").write_text(f"r {path}\n")
    lines = ("a-1 r 0 1", "a-2 r 1 2", "b-1 r 2 3", "b-2 r 3 5")
    (data / "segments").write_text("\n".join(lines) + "\n")
    content = path.read_bytes()
    path.write_bytes(content[: len(content) - 20])
    assert batch_of(data, 0).shape == whole.shape


def test_a_segment_that_makes_no_sense_is_named(data: Path) -> None:
    (data / "wav.scp").write_text(f"r {data / 'a-1.wav'}\n")
    (data / "segments").write_text("a-1 r 0 -1\na-2 r 0 -1\nb-1 r 3 1\nb-2 r 0 -1\n")
    with pytest.raises(UserError, match=r"segments:3: utterance 'b-1': found '3 1'; expected 0 <="):
        crops_of(data)
