"""Schedules that warm up, hold and decay, at their limits."""

import pytest

from speakernet.config import configure
from speakernet.optim.schedules import SCHEDULES


@pytest.mark.parametrize("name", ["warmup_hold_halve", "warmup_hold_cosine"])
def test_without_time_to_decay_the_value_stays(name: str) -> None:
    schedule = configure(SCHEDULES, name, warmup_epochs=1, hold_until=2, decay_until=2)
    assert [schedule.value(step, 10) for step in (0, 5, 10, 20, 30)] == [0, 0.5, 1, 1, 1]
