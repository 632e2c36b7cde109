"""Speaker embedding networks by name. A new family is a new file in this package."""

from typing import TYPE_CHECKING

from speakernet.config.plugins import import_siblings
from speakernet.nn.models.base import (
    MODELS,
    ModelOptions,
    SpeakerModel,
    at_temperature,
    build_model,
)

import_siblings(__name__, __path__)

if TYPE_CHECKING:
    ModelConfig = ModelOptions
else:
    ModelConfig = MODELS.section()

__all__ = [
    "MODELS",
    "ModelConfig",
    "ModelOptions",
    "SpeakerModel",
    "at_temperature",
    "build_model",
]
