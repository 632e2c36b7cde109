"""The computation of what stored copies of VoxCeleb2 cost, from real runs of few files."""

import json
import sys
from pathlib import Path

import pytest

from benchmarks.stored_copies import VOX2_FILES, extrapolate, main


def test_fixed_costs_are_not_multiplied() -> None:
    row = extrapolate({"copies": 5.8}, {"copies": 15.0}, 92)["copies"]  # 5 s, and 0.1 s a file
    assert row["fixed_s"] == pytest.approx(5)
    assert row["file_s"] == pytest.approx(0.1)
    assert row["vox2_h"] == pytest.approx((5 + 0.1 * VOX2_FILES) / 3600)


def test_steps_are_run_and_their_time_is_printed(
    online_work: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "copies.json"
    options = ["--work", online_work, "--rirs", online_work.parent / "RIRS_NOISES", "--json", out]
    options += ["--num-files", 9, "--form", "wav"]
    monkeypatch.setattr(sys, "argv", ["stored_copies", *map(str, options)])
    main()
    rows = json.loads(out.read_text())
    assert list(rows) == ["stage 2, copies", "stage 3, five copies", "stage 3, clean"]
    printed = capsys.readouterr().out
    assert printed.startswith("9 files of ")
    assert all(f"| {step} | " in printed for step in (*rows, "all"))
    assert sorted(p.name for p in online_work.iterdir() if p.name.startswith("tmp")) == []


def test_too_few_files(online_work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["stored_copies", "--work", str(online_work)])
    with pytest.raises(SystemExit, match="found 9 files, not 2000"):
        main()
