"""Margins on cosines beside plain softmax."""

import pytest
import torch
from torch.nn import functional

from tests.unit.nn.losses.small import CLASSES, DIM, losses_with, make_batch, make_loss


@pytest.mark.parametrize(
    "name", ["aam", "am", "arc_margin", "cm", "cm_voxsrc2020", "sc_am", "sc_cm"]
)
def test_without_margin_it_is_softmax_on_cosines(name: str) -> None:
    loss = make_loss(name, **({"num_centers": 1} if name in losses_with("num_centers") else {}))
    embeddings, labels = make_batch()
    cosine = functional.normalize(embeddings) @ functional.normalize(loss.class_weights()).T
    expected = functional.cross_entropy(8.0 * cosine, labels)
    output = loss(embeddings, labels, margin=0.0)
    torch.testing.assert_close(output.loss.detach(), expected)
    expected_accuracy = (cosine.argmax(1) == labels).float().mean()
    assert output.accuracy == expected_accuracy


def test_sub_centers_take_the_nearest() -> None:
    loss = make_loss("sc_am", margin=0.0)
    centers = functional.normalize(loss.class_weights().view(CLASSES, 3, DIM), dim=2)
    embeddings, labels = make_batch()
    nearest = torch.einsum("bd,ckd->bck", functional.normalize(embeddings), centers).amax(2)
    torch.testing.assert_close(loss(embeddings, labels).logits.detach(), 8.0 * nearest)
