"""Mean and range over seeds, from the results of made-up runs."""

import json
import subprocess
from pathlib import Path

import pytest

from benchmarks.seeds import main
from speakernet.config import UserError


def write_run(folder: Path, **eers: float) -> Path:
    """Write results whose keys are model_scoring, on two trial lists."""
    rows = [
        {"trials": trials, "model": model, "scoring": scoring, "eer": eer + extra}
        for trials, extra in (("trials", 0.0), ("trials_hard", 5.0))
        for (model, scoring), eer in ((name.split("_"), eer) for name, eer in eers.items())
    ]
    folder.mkdir()
    (folder / "results.json").write_text(json.dumps(rows))
    return folder


def test_mean_and_range_of_three_seeds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    eers = ((9.96, 7.0), (9.0, 8.5), (11.04, 7.25))
    runs = [
        write_run(tmp_path / str(n), base_cosine=cosine, lm_asnorm=asnorm)
        for n, (cosine, asnorm) in enumerate(eers)
    ]
    assert main(["--seeds", "1", "2", "5", "--runs", *map(str, runs)]) == 0
    printed = capsys.readouterr().out
    assert "| base | cosine | 9.96, 9.00, 11.04 | 10.00 | 9.00 – 11.04 |" in printed
    assert "| 1, 2, 5 | 10.00 (9.00 – 11.04) | 7.58 (7.00 – 8.50) |" in printed
    assert "| base | cosine | 14.96, 14.00, 16.04 | 15.00 | 14.00 – 16.04 |" in printed


def test_a_run_without_results_is_named(tmp_path: Path) -> None:
    done = write_run(tmp_path / "done", base_cosine=9.0)
    with pytest.raises(UserError, match="missing/results.json: no such file"):
        main(["--seeds", "1", "2", "--runs", str(done), str(tmp_path / "missing")])


def test_runs_of_different_recipes_do_not_mix(tmp_path: Path) -> None:
    one = write_run(tmp_path / "one", base_cosine=9.0)
    other = write_run(tmp_path / "other", base_asnorm=7.0)
    with pytest.raises(UserError, match="other trial lists or models"):
        main(["--seeds", "1", "2", "--runs", str(one), str(other)])


def test_the_script_refuses_what_is_no_seed(repository: Path, tmp_path: Path) -> None:
    command = ["bash", "benchmarks/seeds.sh", "--seeds", "two", "--exp", str(tmp_path / "exp")]
    result = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert "--seeds: expected whole numbers, got 'two'" in result.stderr


def test_a_run_that_fails_is_named_with_its_reason(repository: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "egs/nowhere/tiny"
    recipe.mkdir(parents=True)
    (recipe.parent / "corpus.sh").write_text("prepare=(false)\n")
    (recipe / "recipe.yaml").write_text("model: {name: no_such_network}\nloss: {name: cm}\n")
    command = ["bash", "benchmarks/seeds.sh", "--recipe", str(recipe), "--seeds", "7"]
    command += ["--exp", str(tmp_path / "exp")]
    result = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert "seed 7 failed" in result.stderr and "no_such_network" in result.stderr
