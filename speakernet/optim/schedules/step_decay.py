"""Step decay: the learning rate of tdy (times 0.75 every 15 epochs)."""

from typing import Literal

from pydantic import Field

from speakernet.optim.schedules.base import SCHEDULES, BaseSchedule


@SCHEDULES.add("step_decay")
class StepDecay(BaseSchedule):
    """``gamma ** floor(epochs / every_epochs)``."""

    type: Literal["step_decay"] = "step_decay"
    gamma: float = Field(default=0.75, gt=0)
    """Factor of a step."""
    every_epochs: int = Field(default=15, ge=1)
    """Epochs between steps."""

    def value(self, step: int, steps_per_epoch: int) -> float:
        """Return the factor, between 0 and 1."""
        return float(self.gamma ** (step // steps_per_epoch // self.every_epochs))
