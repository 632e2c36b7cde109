"""Rows of results.json: order, and reading back what was written."""

import json
import math
from pathlib import Path

import pytest

from speakernet.config import UserError
from speakernet.report.results import read_results, sort_key, write_results

ROW = {"trials": "a", "model": "base", "scoring": "cosine", "eer": 1.0, "min_dcf": {"0.01": 0.5}}
ROW |= {"num_target": 2, "num_nontarget": 3}


def test_rows_are_ordered_by_list_model_and_scoring() -> None:
    rows = [
        {**ROW, "scoring": "cosine_calibrated"},
        {**ROW, "model": "lm"},
        {**ROW, "scoring": "asnorm"},
        ROW,
        {**ROW, "model": "untrained"},
        {**ROW, "trials": "b"},
    ]
    ordered = sorted(rows, key=sort_key)
    shown = [f"{row['trials']} {row['model']} {row['scoring']}" for row in ordered]
    of_a = ["untrained cosine", "base cosine", "base asnorm", "base cosine_calibrated", "lm cosine"]
    assert shown == [*(f"a {row}" for row in of_a), "b base cosine"]


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write_results(tmp_path / "new" / "results.json", [ROW])
    assert read_results(tmp_path / "new" / "results.json") == [ROW]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[1]",
        '[{"model": "base"}]',
        "[" * 100_000,
        json.dumps([{**ROW, "eer": "1.0"}]),
        json.dumps([{**ROW, "min_dcf": {"often": 0.1}}]),
        json.dumps([{**ROW, "eer_interval": [1.0]}]),
        json.dumps([{**ROW, "definition": "ours"}]),
        json.dumps([{**ROW, "eer": math.nan}]),
    ],
)
def test_anything_else_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "results.json").write_text(text)
    with pytest.raises(UserError, match="not a list of results; make it again"):
        read_results(tmp_path / "results.json")
