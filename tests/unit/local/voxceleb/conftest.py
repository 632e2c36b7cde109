"""VoxCeleb in miniature, made once."""

import shutil
from pathlib import Path

import pytest

from tests.miniature.__main__ import main as make_miniature


@pytest.fixture(scope="session")
def archives(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archives as they are distributed."""
    out = tmp_path_factory.mktemp("miniature") / "archives"
    make_miniature([str(out), "--speakers", "2", "2", "3", "1", "--utterances", "2"])
    return out


@pytest.fixture
def root(archives: Path, tmp_path: Path) -> Path:
    """A copy with a blank in its name."""
    return Path(shutil.copytree(archives, tmp_path / "my root"))
