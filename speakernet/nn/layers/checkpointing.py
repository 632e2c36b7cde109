"""Sequences of blocks: stored or recomputed activations, plain or compiled."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils.checkpoint import checkpoint


class BlockSequence(nn.Sequential):
    """Runs blocks in turn; with ``recompute`` it keeps only each block's input for the backward.

    Memory then grows with the number of blocks rather than of layers, for one more forward pass.
    Numbers are unchanged: batch norms take their running averages from the first pass only.
    """

    def __init__(self, blocks: Iterable[nn.Module], *, recompute: bool = False) -> None:
        super().__init__(*blocks)
        self.recompute = recompute
        self._run: Callable[[nn.Module, Tensor], Tensor] = _call

    def compile_for_training(self) -> None:
        """Compile the blocks, for training only: evaluation sees maps of too many shapes.

        Blocks of equal shapes share their code, so that a deep network compiles in the time of a
        shallow one. Blocks that are recomputed stay as they are.
        """
        # One function stands for all shapes of a network, in two types. The limit's name in torch
        # 2.6 is an alias of "recompile_limit" since.
        torch._dynamo.config.cache_size_limit = max(64, torch._dynamo.config.cache_size_limit)
        self._run = torch.compile(_call, dynamic=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, channel, time, mel) to the same with the last block's shape."""
        recompute = self.recompute and self.training and torch.is_grad_enabled()
        run = _checkpointed if recompute else self._run if self.training else _call
        for block in self:
            x = run(block, x)
        return x


def _call(block: nn.Module, x: Tensor) -> Tensor:
    y: Tensor = block(x)
    return y


def _checkpointed(block: nn.Module, x: Tensor) -> Tensor:
    def contexts() -> tuple[AbstractContextManager[None], AbstractContextManager[None]]:
        return nullcontext(), _frozen_averages(block)

    y: Tensor = checkpoint(
        block, x, use_reentrant=False, context_fn=contexts, preserve_rng_state=False
    )
    return y


@contextmanager
def _frozen_averages(block: nn.Module) -> Iterator[None]:
    """Keep the running averages of ``block`` as they are while it is computed again."""
    norms = [m for m in block.modules() if isinstance(m, _BatchNorm)]
    saved = [(norm.momentum, norm.num_batches_tracked) for norm in norms]
    for norm in norms:
        norm.momentum, norm.num_batches_tracked = 0.0, None
    try:
        yield
    finally:
        for norm, (momentum, count) in zip(norms, saved, strict=True):
            norm.momentum, norm.num_batches_tracked = momentum, count
