"""Small losses and a batch for them."""

from typing import Any

import torch

from speakernet.config import configure
from speakernet.nn.losses import LOSSES, SpeakerLoss, build_loss

CLASSES, DIM = 6, 5
# Values that make what is special about a loss visible in so small a batch, where it has them.
VISIBLE = {"margin": 0.2, "scale": 8.0, "num_centers": 3, "hard_rank": 1, "hard_probability": 1.0}


def losses_with(option: str) -> list[str]:
    return [name for name in LOSSES.names() if option in LOSSES.options(name).model_fields]


def make_loss(name: str, **settings: Any) -> SpeakerLoss:
    torch.manual_seed(0)
    visible = {key: value for key, value in VISIBLE.items() if name in losses_with(key)}
    config = configure(LOSSES, name, **(visible | settings))
    return build_loss(config, embedding_dim=DIM, num_classes=CLASSES)


def make_batch() -> tuple[torch.Tensor, torch.Tensor]:
    random = torch.Generator().manual_seed(3)
    return torch.randn(8, DIM, generator=random), torch.tensor([0, 0, 2, 2, 3, 3, 5, 5])
