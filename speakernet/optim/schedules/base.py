"""Base class of schedules."""

import numpy as np

from speakernet.config import Choices, Config


class BaseSchedule(Config):
    """A value over the run. Lengths are in epochs; ``type`` names the class in a recipe."""

    def value(self, step: int, steps_per_epoch: int) -> float:
        """Return the value for the update that follows after ``step`` updates."""
        raise NotImplementedError


SCHEDULES = Choices[BaseSchedule, type[BaseSchedule]]("schedule", tag="type")


def ceil_epochs(num_steps: int, steps_per_epoch: int) -> int:
    """Return ``ceil(num_steps / steps_per_epoch)`` as voxsrc2020's TensorFlow graph rounds it.

    The quotient is a float32 product with the reciprocal. At a few whole epochs (7000 steps of
    1000) that lies just above the integer, so that the staircase steps down one update early.
    """
    reciprocal = np.float32(1) / np.float32(steps_per_epoch)
    return int(np.ceil(np.float32(num_steps) * reciprocal))
