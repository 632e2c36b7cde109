"""Every registered schedule."""

import math

import pytest

from speakernet.config import configure
from speakernet.optim.schedules import SCHEDULES


@pytest.mark.parametrize("name", SCHEDULES.names())
def test_every_schedule_is_finite(name: str) -> None:
    schedule = configure(SCHEDULES, name)
    values = [schedule.value(step, 10) for step in range(400)]
    assert all(math.isfinite(value) and value >= 0 for value in values)
