"""The schedules against the values of voxsrc2020's TensorFlow graph."""

import json
from pathlib import Path

import pytest

from speakernet.optim import ScheduleConfig, learning_rate
from speakernet.optim.optimizers.sgd import Sgd
from speakernet.optim.schedules import BaseSchedule
from speakernet.optim.schedules.constant import Constant
from speakernet.optim.schedules.linear_per_epoch import LinearPerEpoch
from speakernet.optim.schedules.step_decay import StepDecay
from speakernet.optim.schedules.warmup import WarmupHoldCosine, WarmupHoldHalve

GOLDEN = json.loads(
    (Path(__file__).parents[1] / "golden/schedules/schedules.json").read_text(encoding="utf-8")
)
STEPS_PER_EPOCH = GOLDEN["steps_per_epoch"]
GLOBAL_BATCH = 8 * 32 * 4  # eight GPUs, batches of 32, accumulated four times


@pytest.mark.parametrize(
    ("key", "schedule"),
    [("lr_exponential", WarmupHoldHalve()), ("lr_cosine", WarmupHoldCosine())],
)
def test_learning_rate_has_the_golden_values(key: str, schedule: BaseSchedule) -> None:
    training = ScheduleConfig(learning_rate=schedule)
    fine_tuning = ScheduleConfig(learning_rate=Constant(factor=1 / 128))
    for step, expected in zip(GOLDEN["steps"], GOLDEN[key], strict=True):
        chosen = fine_tuning if step > GOLDEN["decay_end"] else training
        rate = learning_rate(Sgd(), chosen, step, STEPS_PER_EPOCH, GLOBAL_BATCH)
        assert rate == pytest.approx(expected, rel=3e-7, abs=3e-8), step


def test_margin_has_the_golden_values() -> None:
    schedule = ScheduleConfig().margin
    assert schedule is not None
    for step, expected in zip(GOLDEN["steps"], GOLDEN["margin_values"], strict=True):
        margin = GOLDEN["margin"] * schedule.value(step, STEPS_PER_EPOCH)
        assert margin == pytest.approx(expected, rel=1e-6), step


def test_base_learning_rate_is_that_of_eight_gpus() -> None:
    held = learning_rate(Sgd(), ScheduleConfig(), 5000, 1000, GLOBAL_BATCH)
    assert held == pytest.approx(0.64)
    assert learning_rate(Sgd(), ScheduleConfig(), 5000, 1000, 64) == pytest.approx(0.04)


def test_step_decay_of_tdy() -> None:
    rates = [1e-3 * StepDecay().value(epoch * 100, 100) for epoch in (0, 14, 15, 29, 30, 299)]
    assert rates == pytest.approx([1e-3, 1e-3, 7.5e-4, 7.5e-4, 5.625e-4, 1e-3 * 0.75**19])


def test_temperature_falls_by_three_an_epoch_to_one() -> None:
    values = [LinearPerEpoch().value(epoch * 50 + 49, 50) for epoch in range(13)]
    assert values == [31, 28, 25, 22, 19, 16, 13, 10, 7, 4, 1, 1, 1]
