import math

import pytest
import torch
from torch import nn

from speakernet.config import UserError, configure
from speakernet.optim.gradients import finish_gradients
from speakernet.optim.optimizers import OPTIMIZERS, build_optimizer
from speakernet.optim.optimizers.sgd import Sgd
from speakernet.optim.schedules import SCHEDULES


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


@pytest.mark.parametrize("name", SCHEDULES.names())
def test_every_schedule_is_finite(name: str) -> None:
    schedule = configure(SCHEDULES, name)
    values = [schedule.value(step, 10) for step in range(400)]
    assert all(math.isfinite(value) and value >= 0 for value in values)


@pytest.mark.parametrize("name", ["warmup_hold_halve", "warmup_hold_cosine"])
def test_without_time_to_decay_the_value_stays(name: str) -> None:
    schedule = configure(SCHEDULES, name, warmup_epochs=1, hold_until=2, decay_until=2)
    assert [schedule.value(step, 10) for step in (0, 5, 10, 20, 30)] == [0, 0.5, 1, 1, 1]
