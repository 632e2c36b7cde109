"""Optimizers, and schedules as pure functions of the step."""

from speakernet.optim.config import ScheduleConfig, learning_rate
from speakernet.optim.optimizers import OptimConfig

__all__ = ["OptimConfig", "ScheduleConfig", "learning_rate"]
