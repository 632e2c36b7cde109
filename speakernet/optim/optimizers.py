"""Optimizers by name. Each is a function from an ``OptimConfig`` and parameters to an optimizer.

torch is imported when one is built: the settings can be read without it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

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


def _common(config: OptimConfig) -> dict[str, Any]:
    decay = config.weight_decay if config.weight_decay_mode == "optimizer" else 0.0
    return {"lr": config.learning_rate, "weight_decay": decay, "fused": True}


@optimizers.register("sgd")
def _sgd(config: OptimConfig, parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
    from torch.optim import SGD

    return SGD(parameters, momentum=config.momentum, nesterov=config.nesterov, **_common(config))


@optimizers.register("adam")
def _adam(config: OptimConfig, parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
    from torch.optim import Adam

    return Adam(parameters, betas=config.betas, **_common(config))


@optimizers.register("adamw")
def _adamw(config: OptimConfig, parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
    from torch.optim import AdamW

    return AdamW(parameters, betas=config.betas, **_common(config))
