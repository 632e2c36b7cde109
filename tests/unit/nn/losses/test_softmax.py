"""ArcFace of wespeaker and 3D-Speaker beyond the angle to which a margin can be added."""

import math

import torch
from torch.nn import functional

from tests.unit.nn.losses.small import make_batch, make_loss


def test_arc_margin_goes_on_without_a_jump() -> None:
    """cos(θ + m) while θ + m < π, then cos θ - (1 + cos(π - m)), as their code has it."""
    loss, margin = make_loss("arc_margin"), 2.0
    embeddings, labels = make_batch()
    cosine = functional.normalize(embeddings) @ functional.normalize(loss.class_weights()).T
    angle = torch.arccos(cosine.gather(1, labels.unsqueeze(1)))
    beyond = angle > math.pi - margin
    assert beyond.any() and not beyond.all()
    added, lowered = torch.cos(angle + margin), torch.cos(angle) - 1 - math.cos(math.pi - margin)
    expected = cosine.scatter(1, labels.unsqueeze(1), torch.where(beyond, lowered, added))
    found = loss(embeddings, labels, margin=margin).logits
    assert found is not None
    torch.testing.assert_close(found.detach(), 8.0 * expected, rtol=1e-4, atol=1e-4)
