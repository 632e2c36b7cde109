"""The classifier of a trained model: a vector for each speaker that it was trained on."""

from pathlib import Path

import numpy as np

from speakernet.arrays import Float64
from speakernet.nn.losses import LossConfig, build_loss
from speakernet.nn.serialize import load_model


def load_class_weights(model_dir: Path, loss: LossConfig, checkpoint: Path | None) -> Float64:
    """Return the class weights (speakers, dim) of a model; ``checkpoint``: not its newest.

    Raises UserError if its loss has none.
    """
    model, state = load_model(model_dir, checkpoint)
    classifier = build_loss(
        loss, embedding_dim=model.embedding_dim, num_classes=state["num_speakers"]
    )
    classifier.load_state_dict(state["loss"])
    return np.asarray(classifier.class_weights().detach().double().numpy())
