"""Simulated responses in the tree of RIRS_NOISES."""

from pathlib import Path

import numpy as np
import prepare_rirs

from tests.unit.local.debian_voices.debs import digest


def test_rooms_lie_as_in_rirs_noises(tmp_path: Path) -> None:
    options = ["--rooms", "2", "--rirs-per-room", "3"]
    prepare_rirs.main([*options, str(tmp_path / "a")])
    prepare_rirs.main([*options, "--nj", "2", str(tmp_path / "b")])
    assert digest(tmp_path / "a") == digest(tmp_path / "b")
    for kind in ("small", "medium"):
        lines = (tmp_path / f"a/simulated_rirs/{kind}room/rir_list").read_text().splitlines()
        assert len(lines) == 6
        assert lines[4] == (
            f"--rir-id {kind}-00005 --room-id {kind}-00001 "
            f"RIRS_NOISES/simulated_rirs/{kind}room/Room002/Room002-00002.wav"
        )
        for line in lines:
            path = tmp_path / "a" / line.split()[-1].removeprefix("RIRS_NOISES/")
            pcm = np.frombuffer(path.read_bytes()[44:], "<i2")
            assert np.abs(pcm).max() == 16384
