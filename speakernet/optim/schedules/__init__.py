"""Schedules: pure functions of the step. A new one is a new file in this package."""

from typing import TYPE_CHECKING

from speakernet.config.plugins import import_siblings
from speakernet.optim.schedules.base import SCHEDULES, BaseSchedule, ceil_epochs

__all__ = ["SCHEDULES", "BaseSchedule", "Schedule", "ceil_epochs"]

import_siblings(__name__, __path__)

if TYPE_CHECKING:
    Schedule = BaseSchedule
else:
    Schedule = SCHEDULES.section()
