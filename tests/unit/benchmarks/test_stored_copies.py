"""The computation of what stored copies of VoxCeleb2 cost, from real runs of few files."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.stored_copies import VOX2_FILES, extrapolate


def test_fixed_costs_are_not_multiplied() -> None:
    row = extrapolate({"copies": 5.8}, {"copies": 15.0}, 92)["copies"]  # 5 s, and 0.1 s a file
    assert row["fixed_s"] == pytest.approx(5)
    assert row["file_s"] == pytest.approx(0.1)
    assert row["vox2_h"] == pytest.approx((5 + 0.1 * VOX2_FILES) / 3600)


def test_steps_are_run_and_their_time_is_printed(
    online_work: Path, tmp_path: Path, run_online: Callable[..., str]
) -> None:
    out = tmp_path / "copies.json"
    printed = run_online("stored_copies", "--json", out, "--num-files", 9, "--form", "wav")
    rows = json.loads(out.read_text())
    assert list(rows) == ["stage 2, copies", "stage 3, five copies", "stage 3, clean"]
    assert printed.startswith("9 files of ")
    assert all(f"| {step} | " in printed for step in (*rows, "all"))
    assert sorted(p.name for p in online_work.iterdir() if p.name.startswith("tmp")) == []


def test_too_few_files(run_online: Callable[..., str]) -> None:
    with pytest.raises(SystemExit, match="found 9 files, not 2000"):
        run_online("stored_copies")
