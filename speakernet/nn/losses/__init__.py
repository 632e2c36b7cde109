"""Training losses by name. A new one is a new file in this package."""

from typing import TYPE_CHECKING

from speakernet.config.plugins import import_siblings
from speakernet.nn.losses.base import LOSSES, LossOptions, LossOutput, SpeakerLoss, build_loss

import_siblings(__name__, __path__)

if TYPE_CHECKING:
    LossConfig = LossOptions
else:
    LossConfig = LOSSES.section()

__all__ = ["LOSSES", "LossConfig", "LossOptions", "LossOutput", "SpeakerLoss", "build_loss"]
