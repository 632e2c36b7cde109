"""VoxCeleb in miniature, made once."""

import shutil
from pathlib import Path

import pytest

from tests.miniature.shared import shared_archives


@pytest.fixture(scope="session")
def archives(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archives as they are distributed."""
    return shared_archives(tmp_path_factory)


@pytest.fixture
def root(archives: Path, tmp_path: Path) -> Path:
    """A copy with a blank in its name."""
    return Path(shutil.copytree(archives, tmp_path / "my root"))
