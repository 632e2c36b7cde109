"""Training losses by name. Each file of this package registers its own."""

from speakernet.nn.losses.base import LossConfig, LossOutput, SpeakerLoss, build_loss, loss_names
from speakernet.nn.plugins import import_siblings

import_siblings(__name__, __path__)

__all__ = ["LossConfig", "LossOutput", "SpeakerLoss", "build_loss", "loss_names"]
