"""Crops computed from recordings: those of stored features, wherever the recordings come from."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from torch import Tensor

from speakernet.arrays import Float32
from speakernet.audio.wav import write_wav
from speakernet.config import UserError
from speakernet.data.config import DataConfig, OnlineAugmentConfig
from speakernet.data.feature_crops import FeatureCrops
from speakernet.data.front_end import WaveformBatch
from speakernet.data.index import read_utterance_index
from speakernet.data.online_augment import OnlineAugment
from speakernet.data.recording_crops import RecordingCrops
from speakernet.data.sample_keys import sample_keys
from speakernet.prepare.feature_jobs import JobSettings, run_job
from speakernet.signal.options import FbankOptions, MfccOptions
from tests.recordings import speech_like

RATE = 8000
SECONDS = {"a-1": 9.37, "a-2": 0.61, "b-1": 3.2, "b-2": 1.2345, "b-3": 0.02}
OPTIONS = FbankOptions(sample_frequency=RATE, num_mel_bins=24)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Long and short utterances, and copies of them with noise, in a room, and slower."""
    entries = {}
    for seed, (name, seconds) in enumerate(SECONDS.items()):
        path = tmp_path / f"{name}.wav"
        write_wav(path, speech_like(round(seconds * RATE), seed), RATE)
        entries[name] = str(path)
    noise, room = tmp_path / "noise.wav", tmp_path / "room.wav"
    write_wav(noise, speech_like(2 * RATE, 99), RATE)
    write_wav(room, (speech_like(800, 98) * np.exp(-np.arange(800) / 90)).astype(np.int16), RATE)
    entries["c-noise"] = (
        f"wav-reverberate --shift-output=true --additive-signals='{noise},{noise}' "
        f"--start-times='0,4.1' --snrs='5,0' {entries['a-1']} - |"
    )
    entries["c-room"] = f"wav-reverberate --impulse-response={room} {entries['b-1']} - |"
    entries["d-slow"] = f"sox -t wav {entries['b-1']} -t wav - speed 0.9 |"
    (tmp_path / "wav.scp").write_text("".join(f"{n} {e}\n" for n, e in sorted(entries.items())))
    (tmp_path / "utt2spk").write_text("".join(f"{n} {n[0]}\n" for n in sorted(entries)))
    return tmp_path


@pytest.fixture
def augment(data: Path) -> OnlineAugment:
    """Noises and rooms that are the recordings themselves."""
    for part in ("noise", "music", "speech"):
        (data / f"musan_{part}").mkdir()
        (data / f"musan_{part}/wav.scp").write_text(f"n {data / 'noise.wav'}\n")
    for room in ("smallroom", "mediumroom"):
        line = f"--rir-id {room} --room-id {room} {data / 'room.wav'}\n"
        (data / f"{room}_rir_list").write_text(line)
    return OnlineAugment(OnlineAugmentConfig(), data / "musan", data, RATE)


def array(batch: Tensor | WaveformBatch) -> Float32:
    assert isinstance(batch, Tensor)
    return np.asarray(batch.numpy())


def stored(data: Path, options: FbankOptions | MfccOptions, seed: int) -> None:
    """Compute the features of all utterances as stage 3 does, but for the compression."""
    run_job(data, data / "raw", JobSettings(options=options, seed=seed, compress=False))
    (data / "feats.scp").write_text((data / "raw.scp").read_text())


@pytest.mark.parametrize(
    ("settings", "options"),
    [
        ({}, OPTIONS),
        ({"cmn_window": 60}, OPTIONS),
        ({"cmn_window": None}, OPTIONS),
        ({"cmn_context": False, "cmn_window": 40}, OPTIONS),
        ({"spec_augment": {"max_time": 20}}, OPTIONS),
        ({}, FbankOptions(sample_frequency=RATE, num_mel_bins=13, snip_edges=False)),
        ({"cmn_window": None}, FbankOptions(sample_frequency=RATE, subtract_mean=True)),
        ({}, FbankOptions(sample_frequency=RATE, use_energy=True, dither=0)),
        ({}, MfccOptions(sample_frequency=RATE, num_ceps=12)),
    ],
)
def test_crops_are_those_of_stored_features(
    data: Path, settings: dict[str, object], options: FbankOptions | MfccOptions
) -> None:
    stored(data, options, seed=5)
    config = DataConfig.model_validate({"num_frames": 100, **settings})
    utterances = read_utterance_index(data)
    features = FeatureCrops(data, utterances, config)
    computed = RecordingCrops(data, utterances, config, options, 5)
    assert computed.input_dim == features.input_dim
    rows = np.tile(np.arange(len(utterances)), 12)
    keys = sample_keys(3, 1000, len(rows))
    expected, found = features.batch(rows, keys).numpy(), array(computed.batch(rows, keys))
    assert expected.shape == found.shape
    assert ((expected == 0) == (found == 0)).all()
    difference = np.abs(expected - found)
    assert difference.max() < 1e-3
    assert (difference < 1e-4).mean() > 0.99
    for length in (40, 150):
        middle = computed.centre(rows[:8], length).numpy()
        assert np.abs(middle - features.centre(rows[:8], length).numpy()).max() < 1e-3


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"cmn_window": 60},
        {"cmn_window": None},
        {"cmn_context": False, "cmn_window": 40},
        {"spec_augment": {"max_time": 20}},
    ],
)
def test_the_device_computes_what_the_reader_does(
    data: Path, settings: dict[str, object], augment: OnlineAugment
) -> None:
    settings = {"num_frames": 100, "online_augment": augment.config, **settings}
    utterances = read_utterance_index(data)
    rows = np.tile(np.arange(len(utterances)), 6)
    keys = sample_keys(8, 77, len(rows))

    def batch(place: str) -> tuple[RecordingCrops, Any]:
        config = DataConfig.model_validate({**settings, "online_features": place})
        crops = RecordingCrops(data, utterances, config, OPTIONS, 5, augment)
        return crops, crops.batch(rows, keys)

    reader, expected = batch("reader")
    assert reader.front_end is None
    device, inputs = batch("device")
    assert device.front_end is not None
    difference = (device.front_end(*inputs) - expected).abs().numpy()
    assert difference.max() < 1e-3
    assert (difference < 1e-4).mean() > 0.99


@pytest.mark.parametrize(
    "options", [replace(OPTIONS, snip_edges=False), replace(OPTIONS, subtract_mean=True)]
)
def test_the_device_has_no_whole_utterances(data: Path, options: FbankOptions) -> None:
    config = DataConfig(online_features="device")
    with pytest.raises(UserError, match="data.online_features: device: .*; expected reader"):
        RecordingCrops(data, read_utterance_index(data), config, options, 0)


def test_segments_are_parts_of_their_recordings(data: Path) -> None:
    (data / "segments").write_text("a-x a-1 1.5 4.25\na-y a-1 6 -1\nb-x b-1 0 2\n")
    (data / "utt2spk").write_text("a-x a\na-y a\nb-x b\n")
    stored(data, OPTIONS, seed=0)
    utterances = read_utterance_index(data)
    config = DataConfig(num_frames=80)
    rows, keys = np.tile(np.arange(3), 9), sample_keys(1, 0, 27)
    expected = FeatureCrops(data, utterances, config).batch(rows, keys).numpy()
    found = array(RecordingCrops(data, utterances, config, OPTIONS, 0).batch(rows, keys))
    assert np.abs(expected - found).max() < 1e-3


def test_noises_and_rooms_are_drawn_by_the_key(data: Path, augment: OnlineAugment) -> None:
    config = DataConfig(num_frames=60, online_augment=augment.config)
    utterances = read_utterance_index(data)
    crops = RecordingCrops(data, utterances, config, OPTIONS, 0, augment)
    rows, keys = np.zeros(6, dtype=int), sample_keys(0, 0, 6)
    first = array(crops.batch(rows, keys))
    np.testing.assert_array_equal(first[::-1], array(crops.batch(rows, keys[::-1])))
    plain = RecordingCrops(data, utterances, DataConfig(num_frames=60), OPTIONS, 0)
    differs = np.abs(first - array(plain.batch(rows, keys))).max(axis=(1, 2)) > 0.5
    assert differs.any()


def test_recordings_that_cannot_be_read_are_named(data: Path) -> None:
    (data / "b-1.wav").write_bytes((data / "b-1.wav").read_bytes()[:9000])
    utterances = read_utterance_index(data)
    crops = RecordingCrops(data, utterances, DataConfig(num_frames=50), OPTIONS, 0)
    with pytest.raises(UserError, match=r"wav\.scp:3: utterance 'b-1': .*truncated"):
        crops.batch(np.array([2]), sample_keys(0, 0, 1))
