"""3D-Speaker's learning rate against values of its own code (speakerlab/process/scheduler.py)."""

import pytest

from speakernet.config import UserError, configure
from speakernet.optim.schedules import SCHEDULES


def test_learning_rate_is_that_of_its_warmup_cosine_scheduler() -> None:
    schedule = configure(SCHEDULES, "warmup_cosine", warmup_epochs=2, end=9, least=2.5e-4)
    theirs = [0.00025, 0.357303571, 1, 0.963467514, 0.642353227, 0.611357652, 0.001277047]
    ours = [schedule.value(step, 7) for step in (0, 5, 14, 20, 34, 35, 62)]
    assert ours == pytest.approx(theirs, abs=1e-9)


def test_a_warmup_as_long_as_the_run_is_refused() -> None:
    with pytest.raises(UserError, match="expected fewer epochs than end"):
        configure(SCHEDULES, "warmup_cosine", warmup_epochs=9, end=9)
