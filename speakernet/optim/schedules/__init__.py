"""Schedules: pure functions of the step. A new one is a new file in this package."""

import importlib
import pkgutil
from typing import TYPE_CHECKING, Annotated, Union

from pydantic import Field

from speakernet.optim.schedules.base import BaseSchedule, ceil_epochs, schedules

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

if TYPE_CHECKING:
    Schedule = BaseSchedule
else:
    Schedule = Annotated[
        Union[tuple(schedules.get(name) for name in schedules.names())],  # noqa: UP007
        Field(discriminator="type"),
    ]

__all__ = ["BaseSchedule", "Schedule", "ceil_epochs", "schedules"]
