"""A packaged model that the unit tests share; none may change it."""

from pathlib import Path

import pytest

from tests import packaged_model


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with data, an experiment and its package."""
    folder = tmp_path_factory.mktemp("packaged")
    packaged_model.make(folder)
    return folder
