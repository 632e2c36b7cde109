"""What happens to gradients before the update."""

import math

import pytest
import torch
from torch import nn

from speakernet.optim.gradients import finish_gradients
from speakernet.optim.optimizers.sgd import Sgd


def kernel_and_bias() -> list[nn.Parameter]:
    torch.manual_seed(0)
    parameters = [nn.Parameter(torch.randn(3, 4)), nn.Parameter(torch.randn(4))]
    for parameter in parameters:
        parameter.grad = torch.randn_like(parameter)
    return parameters


def test_l2_joins_the_gradient_before_the_clip_and_spares_vectors() -> None:
    kernel, bias = kernel_and_bias()
    assert kernel.grad is not None and bias.grad is not None
    expected = [kernel.grad + 0.5 * kernel.detach(), bias.grad.clone()]
    norm = math.sqrt(sum(float(g.square().sum()) for g in expected))
    returned = finish_gradients([kernel, bias], Sgd(weight_decay=0.5, clip_norm=1.0))
    assert float(returned) == pytest.approx(norm)
    for parameter, gradient in zip([kernel, bias], expected, strict=True):
        torch.testing.assert_close(parameter.grad, gradient / norm, rtol=1e-5, atol=1e-6)


def test_without_clip_and_with_decay_in_the_optimizer_gradients_stay() -> None:
    parameters = kernel_and_bias()
    before = [p.grad.clone() for p in parameters if p.grad is not None]
    config = Sgd(weight_decay=0.5, weight_decay_mode="optimizer", clip_norm=None)
    finish_gradients(parameters, config)
    for parameter, gradient in zip(parameters, before, strict=True):
        torch.testing.assert_close(parameter.grad, gradient, rtol=0, atol=0)
