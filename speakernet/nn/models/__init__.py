"""Speaker embedding networks by name. Each file of this package registers its own family."""

from speakernet.nn.models.base import (
    ModelConfig,
    SpeakerModel,
    at_temperature,
    build_model,
    model_names,
)
from speakernet.nn.plugins import import_siblings

import_siblings(__name__, __path__)

__all__ = ["ModelConfig", "SpeakerModel", "at_temperature", "build_model", "model_names"]
