"""Work shared by processes."""

import os

import pytest

from speakernet.config import UserError
from speakernet.work.workers import map_tasks


def _die(_: int) -> None:
    os._exit(9)


def test_a_worker_that_is_killed_is_an_error() -> None:
    with pytest.raises(UserError, match="a worker process was killed"):
        map_tasks(_die, [1, 2], 2, "tasks")
