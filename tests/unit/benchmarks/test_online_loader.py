"""The benchmark of readers runs from beginning to end, without the peer."""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.online_loader import main, noise_files, room_files
from benchmarks.online_reader import RoomOrRecording, waveforms, waveforms_fbank


def arguments(work: Path, *more: object) -> list[str]:
    """Return the options for a work folder whose rooms lie beside it."""
    options = ["--work", work, "--rirs", work.parent / "RIRS_NOISES", *more]
    return ["online_loader", *map(str, options)]


def test_readers_take_turns(
    online_work: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "speeds.json"
    short = ["--seconds", 0.01, "--turns", 1, "--cases", "wav, speeds", "--json", out]
    monkeypatch.setattr(sys, "argv", arguments(online_work, *short))
    main()
    printed = capsys.readouterr().out
    speeds = json.loads(out.read_text())["wav, speeds"]
    assert len(speeds) == 2 and all(speed > 10 for speed in speeds.values())
    assert all(f"| {reader} | " in printed for reader in speeds)


def test_features_are_those_of_the_waveforms(online_work: Path) -> None:
    augment = RoomOrRecording(online_work / "musan", online_work.parent / "RIRS_NOISES")
    rows, keys = np.arange(9), np.arange(1, 10, dtype=np.uint64) << np.uint64(40)
    samples = waveforms(online_work / "wav", augment)(rows, keys)
    features = waveforms_fbank(online_work / "wav", augment)(rows, keys)
    assert samples.shape == (9, 32_240) and features.shape == (9, 200, 80)
    assert features.mean(dim=1).abs().max() < 1e-3
    assert features.std() > 0.1


def test_the_peer_gets_the_noises_and_rooms_that_ours_has(online_work: Path) -> None:
    args = argparse.Namespace(work=online_work, rirs=online_work.parent / "RIRS_NOISES")
    assert {name.split("-")[0] for name in noise_files(args)} == {"noise", "music", "speech"}
    paths = (*noise_files(args).values(), *room_files(args).values())
    assert all(Path(path).is_file() for path in paths)
    assert len(room_files(args)) == 2
