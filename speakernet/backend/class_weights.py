"""The classifier of a trained model: a vector for each speaker that it was trained on."""

from pathlib import Path

import numpy as np
import torch

from speakernet.arrays import Float64
from speakernet.config import UserError
from speakernet.nn.losses import LossConfig, SpeakerLoss, build_loss
from speakernet.nn.serialize import load_model
from speakernet.nn.weights import mismatch


def load_class_weights(model_dir: Path, loss: LossConfig, checkpoint: Path | None) -> Float64:
    """Return the class weights (speakers, dim) of a model; ``checkpoint``: not its newest.

    Raises UserError if its loss has none.
    """
    model, state = load_model(model_dir, checkpoint)
    num_speakers, weights = state.get("num_speakers", 0), state.get("loss", {})
    if not num_speakers:
        raise UserError(f"{checkpoint or model_dir}: has no classifier of training speakers")

    def build() -> SpeakerLoss:
        return build_loss(loss, embedding_dim=model.embedding_dim, num_classes=num_speakers)

    with torch.device("meta"):
        problem = mismatch(weights, build().state_dict())
    if problem:
        raise UserError(f"{checkpoint or model_dir}: its classifier does not fit: {problem}")
    classifier = build()
    classifier.load_state_dict(weights)
    return np.asarray(classifier.class_weights().detach().double().numpy())
