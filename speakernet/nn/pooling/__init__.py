"""Poolings: from a map over time to one vector. A new one is a new file in this package."""

from typing import TYPE_CHECKING

from speakernet.config.plugins import import_siblings
from speakernet.nn.pooling.base import POOLINGS, Pooling, PoolingOptions, build_pooling

import_siblings(__name__, __path__)

if TYPE_CHECKING:
    PoolingConfig = PoolingOptions
else:
    PoolingConfig = POOLINGS.section()

__all__ = ["POOLINGS", "Pooling", "PoolingConfig", "PoolingOptions", "build_pooling"]
