"""The softmax temperature of temporal dynamic networks: 31, three less each epoch, never below 1.

Source: tdy (TDY-CNN); the value is absolute, not a factor.
"""

from typing import Literal

from speakernet.optim.schedules.base import SCHEDULES, BaseSchedule


@SCHEDULES.add("linear_per_epoch")
class LinearPerEpoch(BaseSchedule):
    """``max(end, start - per_epoch * floor(epochs))``."""

    type: Literal["linear_per_epoch"] = "linear_per_epoch"
    start: float = 31.0
    """The value of the first epoch."""
    per_epoch: float = 3.0
    """How much less it is in each following epoch."""
    end: float = 1.0
    """The least value."""

    def value(self, step: int, steps_per_epoch: int) -> float:
        """Return the value in the epoch that ``step`` lies in."""
        return max(self.end, self.start - self.per_epoch * (step // steps_per_epoch))
