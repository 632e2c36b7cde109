"""No schedule at all: large-margin fine-tuning, a fixed margin."""

from typing import Literal

from pydantic import Field

from speakernet.optim.schedules.base import SCHEDULES, BaseSchedule


@SCHEDULES.add("constant")
class Constant(BaseSchedule):
    """Always ``factor``. voxsrc2020 fine-tunes at 1/128 of the base learning rate."""

    type: Literal["constant"] = "constant"
    factor: float = Field(default=1.0, ge=0)
    """The value."""

    def value(self, step: int, steps_per_epoch: int) -> float:
        """Return ``factor``."""
        return self.factor
