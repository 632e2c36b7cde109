"""Exponential decay with a linear warm-up, and a margin that rises to its end exponentially.

Both are wespeaker's (Wang et al., "wespeaker", arXiv:2210.17016: ``ExponentialDecrease`` from zero
and ``MarginScheduler``); 3D-Speaker has the margin's, too.
"""

import math
from typing import Literal, Self

from pydantic import Field, model_validator

from speakernet.config import setting_error
from speakernet.optim.schedules.base import SCHEDULES, BaseSchedule

# What is left to rise at the end, as a share; the rest is a step.
_REST = 1e-3 / (1 + 1e-6)


@SCHEDULES.add("warmup_exponential")
class WarmupExponential(BaseSchedule):
    """``final ** (epochs / end)``, times ``epochs / warmup_epochs`` in the first epochs."""

    type: Literal["warmup_exponential"] = "warmup_exponential"
    warmup_epochs: float = Field(default=6.0, ge=0)
    """Epochs of the warm-up."""
    end: float = Field(default=150.0, gt=0)
    """The epoch at which it is `final`, and stays so."""
    final: float = Field(default=5e-4, gt=0, le=1)
    """The value at the end."""

    def value(self, step: int, steps_per_epoch: int) -> float:
        """Return the factor, between 0 and 1."""
        epochs = step / steps_per_epoch
        warmup = min(1.0, epochs / self.warmup_epochs) if self.warmup_epochs else 1.0
        return warmup * float(self.final ** min(1.0, epochs / self.end))


@SCHEDULES.add("exponential_rise")
class ExponentialRise(BaseSchedule):
    """0 up to ``start_epoch``, then ``1 - 0.001 ** share`` of the way to ``end_epoch``, then 1."""

    type: Literal["exponential_rise"] = "exponential_rise"
    start_epoch: int = Field(default=19, ge=0)
    """Epochs at 0."""
    end_epoch: int = Field(default=39, ge=0)
    """The epoch from which on it is 1."""

    @model_validator(mode="after")
    def _in_turn(self) -> Self:
        if self.start_epoch > self.end_epoch:
            raise setting_error("start_epoch", "expected start_epoch <= end_epoch")
        return self

    def value(self, step: int, steps_per_epoch: int) -> float:
        """Return the factor, between 0 and 1."""
        begin, end = self.start_epoch * steps_per_epoch, self.end_epoch * steps_per_epoch
        if step >= end:
            return 1.0
        if step < begin:
            return 0.0
        return 1.0 - math.exp((step - begin) / (end - begin) * math.log(_REST))
