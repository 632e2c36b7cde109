"""Every registered optimizer."""

import pytest
import torch
from torch import nn

from speakernet.config import UserError, configure
from speakernet.optim.optimizers import OPTIMIZERS, build_optimizer


@pytest.mark.parametrize("name", OPTIMIZERS.names())
def test_every_optimizer_moves_weights_and_leaves_frozen_ones(name: str) -> None:
    moving, frozen = nn.Parameter(torch.ones(2, 2)), nn.Parameter(torch.ones(2), False)
    optimizer = build_optimizer(configure(OPTIMIZERS, name), [moving, frozen])
    moving.grad = torch.ones(2, 2)
    optimizer.step()
    assert not torch.equal(moving, torch.ones(2, 2))
    assert torch.equal(frozen, torch.ones(2))


@pytest.mark.parametrize("name", OPTIMIZERS.names())
def test_weight_decay_is_the_optimizers_own_if_it_is_to_be(name: str) -> None:
    weights = [nn.Parameter(torch.ones(2, 2)) for _ in range(2)]
    for weight, mode in zip(weights, ("l2_before_clip", "optimizer"), strict=True):
        config = configure(OPTIMIZERS, name, weight_decay=0.1, weight_decay_mode=mode)
        weight.grad = torch.zeros(2, 2)
        build_optimizer(config, [weight]).step()
    plain, decayed = weights
    assert torch.equal(plain, torch.ones(2, 2))
    assert (decayed < 1).all()


def test_an_unknown_optimizer_is_named_with_the_known_ones() -> None:
    with pytest.raises(UserError, match="adam, adamw, sgd"):
        configure(OPTIMIZERS, "sdg")
