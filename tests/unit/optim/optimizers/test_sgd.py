"""Gradient descent with momentum, beside its rule."""

import torch
from torch import nn

from speakernet.optim.optimizers import build_optimizer
from speakernet.optim.optimizers.sgd import Sgd


def test_sgd_is_the_momentum_rule_of_the_original() -> None:
    parameter = nn.Parameter(torch.tensor([[1.0, -2.0]]))
    optimizer = build_optimizer(Sgd(learning_rate=0.1), [parameter])
    weight, velocity = parameter.detach().clone(), torch.zeros(1, 2)
    for step in range(3):
        gradient = torch.tensor([[0.5, 1.0 + step]])
        parameter.grad = gradient.clone()
        optimizer.step()
        velocity = 0.9 * velocity + gradient
        weight = weight - 0.1 * velocity
        torch.testing.assert_close(parameter.detach(), weight)
