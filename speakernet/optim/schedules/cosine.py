"""Linear warm-up and half a cosine down to a least value: the learning rate of 3D-Speaker."""

import math
from typing import Literal, Self

from pydantic import Field, model_validator

from speakernet.config import setting_error
from speakernet.optim.schedules.base import SCHEDULES, BaseSchedule


@SCHEDULES.add("warmup_cosine")
class WarmupCosine(BaseSchedule):
    """From ``least`` to 1 in the first epochs, then by half a cosine back to ``least``."""

    type: Literal["warmup_cosine"] = "warmup_cosine"
    warmup_epochs: float = Field(default=5.0, ge=0)
    """Epochs of the warm-up."""
    end: float = Field(default=70.0, gt=0)
    """The epoch at which it is `least` again, and stays so."""
    least: float = Field(default=2.5e-4, ge=0, le=1)
    """The value at both ends."""

    @model_validator(mode="after")
    def _in_turn(self) -> Self:
        if self.warmup_epochs >= self.end:
            raise setting_error("warmup_epochs", "expected fewer epochs than end")
        return self

    def value(self, step: int, steps_per_epoch: int) -> float:
        """Return the factor, between ``least`` and 1."""
        epochs = step / steps_per_epoch
        if epochs < self.warmup_epochs:
            share = epochs / self.warmup_epochs
        else:
            done = (epochs - self.warmup_epochs) / (self.end - self.warmup_epochs)
            share = 0.5 * (1 + math.cos(math.pi * min(1.0, done)))
        return self.least + (1 - self.least) * share
