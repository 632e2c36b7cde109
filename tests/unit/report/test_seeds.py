"""Mean and range of results over seeds, against figures worked out by hand."""

import json
from pathlib import Path
from typing import Any

import pytest

from speakernet.config import UserError
from speakernet.report.seeds import report_seeds


def write(path: Path, *rows: tuple[str, str, float, float]) -> Path:
    path.mkdir(parents=True)
    content: list[dict[str, Any]] = [
        {"model": model, "trials": "lists", "scoring": scoring, "eer": eer,
         "min_dcf": {"0.05": cost}, "num_target": 3, "num_nontarget": 4}
        for model, scoring, eer, cost in rows
    ]  # fmt: skip
    (path / "results.json").write_text(json.dumps(content))
    return path


def test_mean_least_and_largest_of_each_row(tmp_path: Path) -> None:
    figures = {"a": (2.0, 0.25), "b": (5.0, 0.5), "c": (3.5, 0.75)}
    rows = {
        name: [("lm", "asnorm", eer / 2, cost), ("base", "cosine", eer, cost)]
        for name, (eer, cost) in figures.items()
    }
    folders = [write(tmp_path / "corpus" / name, *some) for name, some in rows.items()]
    for number, folder in enumerate(folders):
        write(folder / "untrained", ("untrained", "cosine", 40.0 + number, 1.0))
    report = report_seeds(folders[1], folders)
    assert (tmp_path / "corpus/b/SEEDS.md").read_text() == report
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in report.splitlines()]
    cells = ["3.500", "2.000 – 5.000", "0.5000", "0.2500 – 0.7500"]
    assert lines[6][1:5] == ["untrained", "cosine", "41.000", "40.000 – 42.000"]
    assert lines[7] == ["lists", "base", "cosine", *cells]
    assert lines[8][:5] == ["lists", "lm", "asnorm", "1.750", "1.000 – 2.500"]
    assert report.startswith("# corpus/b\n") and report.endswith("- `corpus/c`\n")
    content = json.loads((tmp_path / "corpus/b/seeds.json").read_text())
    assert content["experiments"] == ["corpus/a", "corpus/b", "corpus/c"]
    assert content["rows"][1]["eer"] == {"mean": 3.5, "least": 2.0, "largest": 5.0}


def test_an_experiment_without_a_row_is_named(tmp_path: Path) -> None:
    whole = write(tmp_path / "a", ("base", "cosine", 2, 0.5), ("base", "asnorm", 2, 0.5))
    part = write(tmp_path / "b", ("base", "cosine", 2, 0.5))
    for folders in ([whole, part], [part, whole]):
        with pytest.raises(UserError, match=r"/b/results\.json: has no row 'lists base asnorm'"):
            report_seeds(tmp_path, folders)
    with pytest.raises(UserError, match=r"c/results\.json"):
        report_seeds(tmp_path, [whole, tmp_path / "c"])
    assert not (tmp_path / "SEEDS.md").exists()
