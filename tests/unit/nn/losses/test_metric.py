"""Losses that compare utterances, beside loops over them."""

import torch
from torch.nn import functional

from tests.unit.nn.losses.small import DIM, make_batch, make_loss


def test_ge2e_equals_a_loop() -> None:
    loss = make_loss("ge2e")
    embeddings, labels = make_batch()
    groups, logits = embeddings.view(4, 2, DIM), []
    for speaker in range(4):
        for number in range(2):
            others = [
                groups[speaker, 1 - number] if s == speaker else groups[s].mean(0) for s in range(4)
            ]
            cosine = torch.cosine_similarity(groups[speaker, number], torch.stack(others))
            logits.append(10.0 * cosine.clamp_min(1e-6) - 5.0)
    torch.testing.assert_close(loss(embeddings, labels).logits.detach(), torch.stack(logits))


def test_triplet_takes_the_nearest_negative() -> None:
    loss = make_loss("triplet")
    embeddings, labels = make_batch()
    groups = functional.normalize(embeddings.view(4, 2, DIM), dim=2)
    terms = []
    for a in range(4):
        distances = [(groups[a, 0] - groups[o, 1]).square().sum() for o in range(4)]
        negative = min(d for o, d in enumerate(distances) if o != a)
        terms.append((distances[a] - negative + 0.2).clamp_min(0))
    torch.testing.assert_close(loss(embeddings, labels).loss, torch.stack(terms).mean())
