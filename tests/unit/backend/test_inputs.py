"""Inputs of networks: computed from recordings as stage 3 stores them."""

import time
from collections.abc import Generator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from speakernet.audio.wav import write_wav
from speakernet.backend.inputs import computed_loader, feature_loader, read_ahead, waveform_loader
from speakernet.config import UserError
from speakernet.data.config import DataConfig
from speakernet.prepare.feature_jobs import JobSettings, run_job
from speakernet.signal.options import FbankOptions
from tests.recordings import speech_like


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for seed, name in enumerate(("u-1", "u-2")):
        write_wav(tmp_path / f"{name}.wav", speech_like(40_000 + 999 * seed, seed), 16000)
    write_wav(tmp_path / "quiet.wav", np.zeros(5000, dtype=np.int16), 16000)
    entries = {"u-1": "u-1", "u-2": "u-2", "z-quiet": "quiet"}
    lines = [f"{name} {tmp_path / file}.wav\n" for name, file in entries.items()]
    (tmp_path / "wav.scp").write_text("".join(lines))
    return tmp_path


@pytest.mark.parametrize("window", [None, 30, 300])
def test_computed_features_are_those_of_stage_3(data: Path, window: int | None) -> None:
    options = FbankOptions(num_mel_bins=30)
    run_job(data, data / "raw", JobSettings(options=options, seed=4, compress=False))
    (data / "feats.scp").write_text((data / "raw.scp").read_text())
    recipe = SimpleNamespace(stored_seed=4, data=DataConfig(cmn_window=window))
    notes: dict[str, list[str]] = {}
    load = computed_loader(data, options, recipe, notes)
    stored = feature_loader(data, window)
    for name in ("u-1", "u-2"):
        np.testing.assert_array_equal(load(name), stored(name))
    assert not notes
    load("z-quiet")
    assert notes == {"z-quiet": ["silent"]}


def test_what_the_configuration_refuses_is_refused(data: Path) -> None:
    recipe = SimpleNamespace(stored_seed=1, data=DataConfig())
    load = computed_loader(data, FbankOptions(refuse="silent"), recipe, {})
    with pytest.raises(UserError, match=r"utterance 'z-quiet': silent; refused by --refuse=silent"):
        load("z-quiet")
    with pytest.raises(UserError, match=r"wav\.scp: 'u-3' of utt2spk is missing"):
        load("u-3")


def test_waveforms_are_in_full_scale(data: Path) -> None:
    waveform = waveform_loader(data, {})("u-1")
    np.testing.assert_allclose(waveform * 32768, speech_like(40_000, 0), atol=1e-3)


def test_who_stops_early_does_not_wait_for_the_rest() -> None:
    begun: list[int] = []

    def load(name: int) -> int:
        begun.append(name)
        time.sleep(0.02)
        return -name

    found = read_ahead(range(100), load, 1)
    assert isinstance(found, Generator)
    assert [next(found), next(found)] == [(0, 0), (1, -1)]
    found.close()
    assert len(begun) < 5
