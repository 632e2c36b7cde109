"""What happens to gradients between the all-reduce and the update."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from speakernet.optim.optimizers.base import OptimizerOptions


def finish_gradients(parameters: Sequence[nn.Parameter], config: OptimizerOptions) -> Tensor:
    """Add the L2 term, clip by the global norm; return the norm before clipping (a scalar tensor).

    The order is voxsrc2020's: the L2 term is part of its loss, so it is clipped with the rest.
    Vectors (biases, batch norm) carry no L2 term; only kernels do.
    """
    pairs = [(p, p.grad) for p in parameters if p.grad is not None]
    if config.weight_decay_mode == "l2_before_clip" and config.weight_decay > 0:
        _add_l2([(p, g) for p, g in pairs if p.ndim >= 2], config.weight_decay)
    gradients = [gradient for _, gradient in pairs]
    norm = torch.nn.utils.get_total_norm(gradients, foreach=True)
    if config.clip_norm is not None:
        torch.nn.utils.clip_grads_with_norm_(
            [p for p, _ in pairs], config.clip_norm, norm, foreach=True
        )
    return norm


@torch.no_grad()
def _add_l2(pairs: Sequence[tuple[nn.Parameter, Tensor]], weight_decay: float) -> None:
    if pairs:
        torch._foreach_add_([g for _, g in pairs], [p for p, _ in pairs], alpha=weight_decay)
