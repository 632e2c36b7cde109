"""Optimizers by name. A new one is a new file in this package."""

from typing import TYPE_CHECKING

from speakernet.config.plugins import import_siblings
from speakernet.optim.optimizers.base import OPTIMIZERS, OptimizerOptions, build_optimizer

import_siblings(__name__, __path__)

if TYPE_CHECKING:
    OptimConfig = OptimizerOptions
else:
    OptimConfig = OPTIMIZERS.section()

__all__ = ["OPTIMIZERS", "OptimConfig", "OptimizerOptions", "build_optimizer"]
