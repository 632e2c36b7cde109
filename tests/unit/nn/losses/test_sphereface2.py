"""SphereFace2 beside its definition, question by question."""

import math

import pytest
import torch
from torch.nn import functional

from tests.unit.nn.losses.small import make_batch, make_loss


def definition(cosine: float, is_target: bool, margin: float, bias: float) -> float:
    """Return the loss of one utterance and one speaker, as in wespeaker's SphereFace2."""
    spread = 2 * ((cosine + 1) / 2) ** 3 - 1
    if is_target:
        return 0.7 * math.log(1 + math.exp(-8.0 * (spread - margin) - bias))
    return 0.3 * math.log(1 + math.exp(8.0 * (spread + margin) + bias))


@pytest.mark.parametrize("margin", [0.0, 0.3])
def test_it_is_the_sum_over_all_speakers(margin: float) -> None:
    loss = make_loss("sphereface2")
    torch.nn.init.constant_(loss.get_parameter("bias"), -0.4)
    embeddings, labels = make_batch()
    cosine = functional.normalize(embeddings) @ functional.normalize(loss.class_weights()).T
    rows = zip(cosine.tolist(), labels.tolist(), strict=True)
    sums = [
        sum(definition(c, j == target, margin, -0.4) for j, c in enumerate(row))
        for row, target in rows
    ]
    found = loss(embeddings, labels, margin=margin)
    assert float(found.loss.detach()) == pytest.approx(sum(sums) / len(sums), rel=1e-4)
    assert found.accuracy == (cosine.argmax(1) == labels).float().mean()
