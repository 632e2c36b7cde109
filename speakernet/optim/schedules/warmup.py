"""Warm up, hold, decay: the learning rate of voxsrc2020 (3 epochs up, hold to 13, end at 23).

With ``e`` the epochs done::

    e < warmup_epochs           e / warmup_epochs
    e <= hold_until             1
    e <= decay_until            0.5 ** ceil(e - hold_until)                       warmup_hold_halve
                                (1 + cos(pi (e - hold) / (decay - hold))) / 2     warmup_hold_cosine

After ``decay_until`` the last value stays. The staircase rounds up: the first update after
``hold_until`` is the first at half the rate.
"""

import math
from typing import Literal, Self

from pydantic import Field, model_validator

from speakernet.config import setting_error
from speakernet.optim.schedules.base import SCHEDULES, BaseSchedule, ceil_epochs


class _WarmupHold(BaseSchedule):
    warmup_epochs: float = Field(default=3.0, ge=0)
    """Epochs in which the value rises linearly from 0 to 1."""
    hold_until: float = Field(default=13.0, ge=0)
    """The epoch up to which it stays 1."""
    decay_until: float = Field(default=23.0, ge=0)
    """The epoch from which on it stays what it has come to."""

    @model_validator(mode="after")
    def _in_turn(self) -> Self:
        if not self.warmup_epochs <= self.hold_until <= self.decay_until:
            raise setting_error("hold_until", "expected warmup_epochs <= hold_until <= decay_until")
        return self

    def value(self, step: int, steps_per_epoch: int) -> float:
        """Return the factor, between 0 and 1."""
        warmup = round(self.warmup_epochs * steps_per_epoch)
        if step < warmup:
            return step / warmup
        hold = round(self.hold_until * steps_per_epoch)
        end = round(self.decay_until * steps_per_epoch)
        if step <= hold:
            return 1.0
        return self._decay(min(step, end) - hold, end - hold, steps_per_epoch)

    def _decay(self, done: int, total: int, steps_per_epoch: int) -> float:
        raise NotImplementedError


@SCHEDULES.add("warmup_hold_halve")
class WarmupHoldHalve(_WarmupHold):
    """Linear warm-up, hold, then half of it every epoch."""

    type: Literal["warmup_hold_halve"] = "warmup_hold_halve"

    def _decay(self, done: int, total: int, steps_per_epoch: int) -> float:
        return float(0.5 ** ceil_epochs(done, steps_per_epoch))


@SCHEDULES.add("warmup_hold_cosine")
class WarmupHoldCosine(_WarmupHold):
    """Linear warm-up, hold, then half a cosine to zero."""

    type: Literal["warmup_hold_cosine"] = "warmup_hold_cosine"

    def _decay(self, done: int, total: int, steps_per_epoch: int) -> float:
        return 0.5 * (1 + math.cos(math.pi * done / max(total, 1)))
