"""Inter-top-K penalty beside its definition, speaker by speaker."""

import math

import pytest
import torch

from tests.unit.nn.losses.small import CLASSES, make_batch, make_loss


def definition(cosines: list[float], target: int, margin: float, count: int) -> list[float]:
    """Return the logits over s of wespeaker's ArcMarginProduct_intertopk_subcenter."""
    others = sorted((c for j, c in enumerate(cosines) if j != target), reverse=True)
    penalty, logits = 0.06 * margin / 0.2, []
    for number, cosine in enumerate(cosines):
        angle = math.acos(cosine)
        if number == target:
            beyond = angle + margin > math.pi
            logit = cosine - 1 + math.cos(margin) if beyond else math.cos(angle + margin)
        else:
            logit = math.cos(angle - penalty) if cosine >= others[count - 1] else cosine
        logits.append(logit)
    return logits


@pytest.mark.parametrize("margin", [0.0, 0.2, 0.5])
def test_the_nearest_other_speakers_come_nearer(margin: float) -> None:
    loss = make_loss("arc_margin_intertopk", num_penalised=2)
    embeddings, labels = make_batch()
    plain = make_loss("sc_am", margin=0.0)
    plain.load_state_dict(loss.state_dict())
    cosines = plain(embeddings, labels).logits
    found = loss(embeddings, labels, margin=margin).logits
    assert cosines is not None and found is not None
    rows = zip((cosines / 8.0).tolist(), labels.tolist(), strict=True)
    expected = torch.tensor([definition(row, target, margin, 2) for row, target in rows])
    torch.testing.assert_close(found.detach(), 8.0 * expected, rtol=1e-4, atol=1e-4)


def test_more_than_there_are_others_is_all_of_them() -> None:
    losses = [make_loss("arc_margin_intertopk", num_penalised=n) for n in (CLASSES - 1, 50)]
    first, second = (loss(*make_batch()).loss for loss in losses)
    assert first == second
