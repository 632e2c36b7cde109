"""The recipe's section ``schedule``, and the learning rate that it and ``optim`` make."""

from speakernet.config import Config
from speakernet.optim.optimizers.base import OptimizerOptions
from speakernet.optim.schedules import Schedule
from speakernet.optim.schedules.linear_per_epoch import LinearPerEpoch
from speakernet.optim.schedules.staircase import LinearStaircase
from speakernet.optim.schedules.warmup import WarmupHoldHalve


class ScheduleConfig(Config):
    """Values over the run."""

    learning_rate: Schedule = WarmupHoldHalve()
    """Factor of `optim.learning_rate`."""
    margin: Schedule | None = LinearStaircase()
    """Factor of `loss.margin`. For a loss without a margin it stays at its default or is null:
    another value is an error, also an inherited one."""
    temperature: Schedule | None = LinearPerEpoch()
    """Softmax temperature of temporal dynamic networks. For other networks it stays at its default
    or is null."""


def learning_rate(
    optim: OptimizerOptions, schedule: ScheduleConfig, step: int, steps_per_epoch: int, batch: int
) -> float:
    """Return the learning rate of the update after ``step`` updates, ``batch`` utterances each."""
    scale = batch / optim.reference_batch if optim.reference_batch else 1.0
    return optim.learning_rate * scale * schedule.learning_rate.value(step, steps_per_epoch)
