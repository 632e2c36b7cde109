"""wespeaker's schedules against values of its own code (wespeaker/utils/schedulers.py)."""

import pytest

from speakernet.config import UserError, configure
from speakernet.optim.schedules import SCHEDULES

STEPS, STEPS_PER_EPOCH = (0, 5, 14, 20, 34, 35, 62), 7


def values(name: str, **options: float) -> list[float]:
    schedule = configure(SCHEDULES, name, **options)
    return [schedule.value(step, STEPS_PER_EPOCH) for step in STEPS]


def test_learning_rate_is_that_of_exponential_decrease() -> None:
    theirs = [0, 0.195368913, 0.184687617, 0.089547604, 0.016538334, 0.014658666, 0.000564115]
    ours = values("warmup_exponential", warmup_epochs=2, end=9, final=5e-4)
    assert ours == pytest.approx(theirs, abs=1e-9)


def test_margin_is_that_of_the_margin_scheduler() -> None:
    theirs = [0, 0, 0, 0.86105049, 0.998610506, 1, 1]
    ours = values("exponential_rise", start_epoch=2, end_epoch=5)
    assert ours == pytest.approx(theirs, abs=1e-9)


def test_a_rise_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(UserError, match="start_epoch <= end_epoch"):
        configure(SCHEDULES, "exponential_rise", start_epoch=5, end_epoch=2)
