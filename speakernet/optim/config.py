"""The recipe's sections ``optim`` and ``schedule``."""

from typing import Literal

from pydantic import Field, field_validator

from speakernet.config import Config
from speakernet.optim.optimizers import optimizers
from speakernet.optim.schedules import Schedule
from speakernet.optim.schedules.linear_per_epoch import LinearPerEpoch
from speakernet.optim.schedules.staircase import LinearStaircase
from speakernet.optim.schedules.warmup import WarmupHoldHalve


class OptimConfig(Config):
    """How gradients become updates. Defaults: voxsrc2020.

    ``learning_rate`` is for ``reference_batch`` utterances an update and grows linearly with the
    global batch; ``reference_batch: null`` switches that off (tdy).
    ``weight_decay_mode``: ``l2_before_clip`` adds ``weight_decay * w`` to the gradient of every
    kernel before the global norm is clipped (voxsrc2020: a regulariser in the loss); ``optimizer``
    hands it to the optimizer, for all parameters (tdy).
    """

    name: str = "sgd"
    learning_rate: float = Field(default=0.08, gt=0)
    reference_batch: int | None = Field(default=128, ge=1)
    momentum: float = Field(default=0.9, ge=0, lt=1)
    nesterov: bool = False
    betas: tuple[float, float] = (0.9, 0.999)
    weight_decay: float = Field(default=1e-3, ge=0)
    weight_decay_mode: Literal["l2_before_clip", "optimizer"] = "l2_before_clip"
    clip_norm: float | None = Field(default=1.0, gt=0)

    @field_validator("name")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in optimizers:
            raise ValueError(f"unknown optimizer; known: {', '.join(optimizers.names())}")
        return name


class ScheduleConfig(Config):
    """Values over the run: two factors, of ``optim.learning_rate`` and ``loss.margin``, and the
    temperature of temporal dynamic convolutions (other networks have none).
    """

    learning_rate: Schedule = WarmupHoldHalve()
    margin: Schedule = LinearStaircase()
    temperature: Schedule = LinearPerEpoch()


def learning_rate(
    optim: OptimConfig, schedule: ScheduleConfig, step: int, steps_per_epoch: int, batch: int
) -> float:
    """Return the learning rate of the update after ``step`` updates, ``batch`` utterances each."""
    scale = batch / optim.reference_batch if optim.reference_batch else 1.0
    return optim.learning_rate * scale * schedule.learning_rate.value(step, steps_per_epoch)
