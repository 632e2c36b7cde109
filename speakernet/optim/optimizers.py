"""Optimizers by name. Each is a function from an ``OptimConfig`` and parameters to an optimizer.

torch is imported when one is built: programs that only read a recipe start two seconds sooner.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from speakernet.config import Registry

if TYPE_CHECKING:
    import torch
    from torch import nn

    from speakernet.optim.config import OptimConfig

Builder = Callable[["OptimConfig", "list[nn.Parameter]"], "torch.optim.Optimizer"]

optimizers = Registry[Builder]("optimizer")


def build_optimizer(
    config: OptimConfig, parameters: Iterable[nn.Parameter]
) -> torch.optim.Optimizer:
    """Return the optimizer of ``config`` over ``parameters`` (those that want gradients)."""
    wanted = [parameter for parameter in parameters if parameter.requires_grad]
    return optimizers.get(config.name)(config, wanted)


def _decay(config: OptimConfig) -> float:
    return config.weight_decay if config.weight_decay_mode == "optimizer" else 0.0


@optimizers.register("sgd")
def _sgd(config: OptimConfig, parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
    from torch.optim import SGD

    return SGD(
        parameters,
        lr=config.learning_rate,
        momentum=config.momentum,
        nesterov=config.nesterov,
        weight_decay=_decay(config),
        fused=True,
    )


@optimizers.register("adam")
def _adam(config: OptimConfig, parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
    from torch.optim import Adam

    return Adam(
        parameters,
        lr=config.learning_rate,
        betas=config.betas,
        weight_decay=_decay(config),
        fused=True,
    )


@optimizers.register("adamw")
def _adamw(config: OptimConfig, parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
    from torch.optim import AdamW

    return AdamW(
        parameters,
        lr=config.learning_rate,
        betas=config.betas,
        weight_decay=_decay(config),
        fused=True,
    )
