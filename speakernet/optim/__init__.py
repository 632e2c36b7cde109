"""Optimizers, and schedules as pure functions of the step."""

from speakernet.optim.config import OptimConfig, ScheduleConfig, learning_rate

__all__ = ["OptimConfig", "ScheduleConfig", "learning_rate"]
