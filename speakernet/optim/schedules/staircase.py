"""The margin's staircase of voxsrc2020: none until epoch 3, then a tenth more each epoch to 13."""

from typing import Literal

from pydantic import Field

from speakernet.optim.schedules.base import SCHEDULES, BaseSchedule, ceil_epochs


@SCHEDULES.add("linear_staircase")
class LinearStaircase(BaseSchedule):
    """0 up to ``start_epoch``, 1 from ``end_epoch`` on, between them steps of an epoch each."""

    type: Literal["linear_staircase"] = "linear_staircase"
    start_epoch: int = Field(default=3, ge=0)
    """Epochs at 0."""
    end_epoch: int = Field(default=13, ge=0)
    """The epoch from which on it is 1."""

    def value(self, step: int, steps_per_epoch: int) -> float:
        """Return the factor, between 0 and 1."""
        begin, end = self.start_epoch * steps_per_epoch, self.end_epoch * steps_per_epoch
        if step >= end:
            return 1.0
        if step <= begin:
            return 0.0
        return ceil_epochs(step - begin, steps_per_epoch) / (self.end_epoch - self.start_epoch)
