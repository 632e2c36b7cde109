"""Poolings: from a map over time to one vector. Each file of this package registers its own."""

from speakernet.nn.plugins import import_siblings
from speakernet.nn.pooling.base import POOLINGS, Pooling

import_siblings(__name__, __path__)

__all__ = ["POOLINGS", "Pooling"]
