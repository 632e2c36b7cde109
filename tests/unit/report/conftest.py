"""Fixtures of the tests of reports."""

from pathlib import Path

import pytest

from tests.unit.report.score_files import make_scored_experiment


@pytest.fixture
def exp_dir(tmp_path: Path) -> Path:
    """exp/corpus/recipe, beside whose exp/ is test/ with trials and utt2spk."""
    return make_scored_experiment(tmp_path)


@pytest.fixture
def trials_path(exp_dir: Path) -> Path:
    """The trial list of ``exp_dir``."""
    return exp_dir.parents[2] / "test" / "trials"
