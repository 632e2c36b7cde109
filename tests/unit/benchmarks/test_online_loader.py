"""The benchmark of readers runs from beginning to end, without the peer."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from benchmarks.online_loader import noise_files, room_files
from benchmarks.online_reader import AUGMENT, crops
from speakernet.data.front_end import FeatureFrontEnd
from speakernet.data.online_augment import OnlineAugment
from speakernet.data.waveform_crops import SAMPLE_RATE
from speakernet.signal.options import FbankOptions


def test_readers_take_turns(tmp_path: Path, run_online: Callable[..., str]) -> None:
    out = tmp_path / "speeds.json"
    short = ["--seconds", 0.01, "--turns", 1, "--cases", "wav, speeds", "--json", out]
    printed = run_online("online_loader", *short)
    speeds = json.loads(out.read_text())["wav, speeds"]
    assert len(speeds) == 4 and all(speed > 10 for speed in speeds.values())
    assert all(f"| {reader} | " in printed for reader in speeds)


def test_features_of_the_device_are_those_of_the_reader(online_work: Path) -> None:
    rooms = online_work.parent / "RIRS_NOISES"
    augment = OnlineAugment(AUGMENT, online_work / "musan", rooms, SAMPLE_RATE)
    rows, keys = np.arange(9), np.arange(1, 10, dtype=np.uint64) << np.uint64(40)
    for context in (False, True):
        features, waveforms = (
            crops(online_work / "wav", augment, where=where, context=context).batch(rows, keys)
            for where in ("reader", "device")
        )
        assert isinstance(features, torch.Tensor) and features.shape == (9, 200, 80)
        front_end = FeatureFrontEnd(FbankOptions(num_mel_bins=80, dither=0), 300, 200)
        torch.testing.assert_close(front_end(*waveforms), features, rtol=0, atol=2e-3)
        assert features.std() > 0.1


def test_the_peer_gets_the_noises_and_rooms_that_ours_has(online_work: Path) -> None:
    args = argparse.Namespace(work=online_work, rirs=online_work.parent / "RIRS_NOISES")
    assert {name.split("-")[0] for name in noise_files(args)} == {"noise", "music", "speech"}
    paths = (*noise_files(args).values(), *room_files(args).values())
    assert all(Path(path).is_file() for path in paths)
    assert len(room_files(args)) == 2
