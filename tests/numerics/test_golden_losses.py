"""Losses, logits and gradients against those of the original systems' own code."""

from pathlib import Path

import numpy as np
import pytest
import torch

from speakernet.config import configure
from speakernet.nn.losses import LOSSES, SpeakerLoss, build_loss
from tests.tensors import gradient

GOLDEN = Path(__file__).parents[1] / "golden" / "losses"
MARGIN_LOSSES = np.load(GOLDEN / "margin_losses.npz")
METRIC_LOSSES = np.load(GOLDEN / "metric_losses.npz")
TOLERANCE = 1e-4

# The golden files' names of the losses of the VoxSRC 2020 system, ours, and the margins used there.
VOXSRC2020 = {
    "linear": ("linear", 0.0),
    "am_linear": ("am", 0.3),
    "aam_linear": ("aam", 0.3),
    "cm_linear": ("cm", 0.2),
    "cm_linear_voxsrc2020": ("cm_voxsrc2020", 0.2),
    "hcm_linear": ("hcm", 0.2),
    "qm_linear": ("qm", 0.3),
    "sc_cm_linear": ("sc_cm", 0.2),
    "sc_am_linear": ("sc_am", 0.2),
}
TDY = ("softmax", "amsoftmax", "aamsoftmax", "ge2e", "angleproto", "softmaxproto", "proto")
# The golden numbers were made with a newer PyTorch than the system was published with.
OUR_NAMES = {"proto": "proto_last_axis"}


def relative_error(value: torch.Tensor, golden: np.ndarray) -> float:
    return float(np.linalg.norm(value.detach().numpy() - golden) / np.linalg.norm(golden))


def make_loss(name: str, num_classes: int, **settings: float) -> SpeakerLoss:
    """Return a loss with those of ``settings`` that it has."""
    known = LOSSES.options(name).model_fields
    config = configure(LOSSES, name, **{k: v for k, v in settings.items() if k in known})
    return build_loss(config, embedding_dim=16, num_classes=num_classes)


@pytest.mark.parametrize("key", VOXSRC2020)
def test_voxsrc2020_loss_equals_the_original(key: str) -> None:
    name, margin = VOXSRC2020[key]
    kernel = MARGIN_LOSSES["kernel_subcenter" if name.startswith("sc_") else "kernel"]
    centers = kernel.shape[0] if kernel.ndim == 3 else 1
    loss = make_loss(name, 10, margin=margin, scale=32.0, num_centers=centers)
    # [centers, dim, classes] -> rows of classes, a class's centers together
    order = (2, 0, 1) if kernel.ndim == 3 else (1, 0)
    weight = loss.get_parameter("weight")
    weight.data = torch.from_numpy(kernel.transpose(order).reshape(-1, 16).copy())
    embeddings = torch.from_numpy(MARGIN_LOSSES["embeddings"]).requires_grad_()
    output = loss(embeddings, torch.from_numpy(MARGIN_LOSSES["labels"]).long())
    output.loss.backward()
    ours = gradient(weight).numpy().reshape(10, -1, 16)
    expected = MARGIN_LOSSES[f"{key}.grad_kernel"].reshape(centers, 16, 10).transpose(2, 0, 1)
    errors = {
        "logits": relative_error(output.logits, MARGIN_LOSSES[f"{key}.logits"]),
        "loss": relative_error(output.loss, MARGIN_LOSSES[f"{key}.loss"]),
        "grad_embeddings": relative_error(
            gradient(embeddings), MARGIN_LOSSES[f"{key}.grad_embeddings"]
        ),
        "grad_kernel": relative_error(torch.from_numpy(ours), expected),
    }
    print(key, {k: f"{v:.1e}" for k, v in errors.items()})
    assert max(errors.values()) <= TOLERANCE


def set_classifier(loss: SpeakerLoss) -> None:
    """Give the parameters of ``loss`` the golden values of their shapes."""
    for parameter in loss.parameters():
        if parameter.ndim == 2:
            parameter.data = torch.from_numpy(METRIC_LOSSES["weight"])
        elif parameter.ndim == 1:
            parameter.data = torch.from_numpy(METRIC_LOSSES["bias"])


@pytest.mark.parametrize("key", TDY)
def test_tdy_loss_equals_the_original(key: str) -> None:
    loss = make_loss(OUR_NAMES.get(key, key), 9, margin=0.3, scale=15.0)
    set_classifier(loss)
    embeddings = torch.from_numpy(METRIC_LOSSES["embeddings"]).requires_grad_()
    labels = torch.from_numpy(METRIC_LOSSES["labels"])
    output = loss(embeddings.flatten(0, 1), labels.repeat_interleave(2))
    output.loss.backward()
    errors = {
        "loss": relative_error(output.loss, METRIC_LOSSES[f"{key}.loss"]),
        "grad_embeddings": relative_error(
            gradient(embeddings), METRIC_LOSSES[f"{key}.grad_embeddings"]
        ),
    }
    print(key, {k: f"{v:.1e}" for k, v in errors.items()})
    assert max(errors.values()) <= TOLERANCE


def test_published_prototypical_loss_is_over_the_embedding() -> None:
    """Today's PyTorch makes another loss of the original's code, ``proto_last_axis``.

    The published one takes distances over the embedding; both from the same differences.
    """
    embeddings = torch.from_numpy(METRIC_LOSSES["embeddings"])
    query, prototype = embeddings[:, 0], embeddings[:, 1]
    squares = (query.unsqueeze(2) - prototype.T.unsqueeze(0)).square()
    labels = torch.arange(5)
    loss = make_loss("proto", 9)
    output = loss(embeddings.flatten(0, 1), labels.repeat_interleave(2))
    expected = torch.nn.functional.cross_entropy(-squares.sum(1), labels)
    assert float(output.loss) == pytest.approx(float(expected), rel=1e-6)
