"""The margin's staircase of voxsrc2020: none until epoch 3, then a tenth more each epoch to 13."""

from typing import Literal

from speakernet.optim.schedules.base import BaseSchedule, ceil_epochs, schedules


@schedules.register("linear_staircase")
class LinearStaircase(BaseSchedule):
    """0 up to ``start_epoch``, 1 from ``end_epoch`` on, between them steps of an epoch each."""

    type: Literal["linear_staircase"] = "linear_staircase"
    start_epoch: int = 3
    end_epoch: int = 13

    def value(self, step: int, steps_per_epoch: int) -> float:
        """Return the factor, between 0 and 1."""
        begin, end = self.start_epoch * steps_per_epoch, self.end_epoch * steps_per_epoch
        if step >= end:
            return 1.0
        if step <= begin:
            return 0.0
        return ceil_epochs(step - begin, steps_per_epoch) / (self.end_epoch - self.start_epoch)
