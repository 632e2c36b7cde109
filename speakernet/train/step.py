"""Forward and backward passes of an update's micro-batches: eager, compiled, or as a CUDA graph.

All three compute the same, except for rounding, on CPUs and GPUs. Nothing here waits for the
device: results are tensors on it, and only reading their values waits.
"""

from collections.abc import Callable, Iterable
from itertools import accumulate

import torch
from torch import Tensor, nn

from speakernet.nn.layers.checkpointing import BlockSequence
from speakernet.train.config import TrainConfig
from speakernet.train.cuda_graph import GraphedFunction

# Gradients begin at multiples of this many elements: 16 bytes, as vectorised loads require.
_ALIGNMENT = 4


class GradientBuffer:
    """The gradients of all parameters in one contiguous vector, ``flat``.

    One operation clears them, one message all-reduces them, and their addresses are fixed, as CUDA
    graphs require. Each parameter's ``grad`` is a view of ``flat`` with the parameter's strides.
    Parameters must have one dtype and device, and must not change their memory format afterwards.
    """

    def __init__(self, parameters: Iterable[nn.Parameter]) -> None:
        self.parameters = list(parameters)
        sizes = [-(-p.numel() // _ALIGNMENT) * _ALIGNMENT for p in self.parameters]
        *starts, end = accumulate(sizes, initial=0)
        self.flat = self.parameters[0].new_zeros(end)
        self.views = [
            self.flat.as_strided(p.shape, p.stride(), start)
            for p, start in zip(self.parameters, starts, strict=True)
        ]
        self.clear()

    def clear(self) -> None:
        """Set all gradients to zero."""
        self.flat.zero_()
        for parameter, view in zip(self.parameters, self.views, strict=True):
            parameter.grad = view

    def add(self, loss: Tensor) -> None:
        """Add the gradients of ``loss``; parameters on which it does not depend keep theirs."""
        gradients = torch.autograd.grad(loss, self.parameters, allow_unused=True)
        pairs = [(v, g) for v, g in zip(self.views, gradients, strict=True) if g is not None]
        torch._foreach_add_([view for view, _ in pairs], [gradient for _, gradient in pairs])


class GradientAccumulator:
    """Accumulates the mean gradient, loss and accuracy of ``train.accumulate`` micro-batches.

    ``objective`` maps (inputs, labels, margin) to loss and accuracy, means of the micro-batch; its
    parameters must already be on their device and in their memory format. ``scaler`` scales the
    loss, so that fp16 gradients do not underflow.
    """

    def __init__(
        self, objective: nn.Module, train: TrainConfig, scaler: torch.amp.GradScaler
    ) -> None:
        self.gradients = GradientBuffer(p for p in objective.parameters() if p.requires_grad)
        self._scaler = scaler
        self._weight = 1.0 / train.accumulate
        device = self.gradients.flat.device
        # Tensors, not Python numbers, so that a captured CUDA graph reads each update's values.
        self._margin = torch.zeros((), dtype=torch.float64, device=device)
        self._means = torch.zeros(2, device=device)
        self._objective: Callable[[Tensor, Tensor, Tensor], tuple[Tensor, Tensor]] = objective
        if train.compile:
            self._objective = _compiled(objective)
        self._run: Callable[[Tensor, Tensor], None] = self._accumulate
        # Synchronised batch norms communicate within the forward pass, which is not captured.
        if train.cuda_graph and device.type == "cuda" and train.batch_norm != "synchronised":
            mutated = [self.gradients.flat, self._means, *objective.buffers()]
            self._run = GraphedFunction(self._accumulate, mutated)

    def start(self, margin: float) -> None:
        """Start an update: clear gradients and means, set the margin."""
        self.gradients.clear()
        self._means.zero_()
        self._margin.fill_(margin)

    def add(self, inputs: Tensor, labels: Tensor) -> None:
        """Add the gradients of one micro-batch, on any device: ``MicroBatch``'s two tensors."""
        device = self._means.device
        self._run(inputs.to(device, non_blocking=True), labels.to(device, non_blocking=True))

    def means(self) -> tuple[Tensor, Tensor]:
        """Return the mean loss and accuracy of the update's micro-batches."""
        loss, accuracy = self._means.clone().unbind()
        return loss, accuracy

    def _accumulate(self, inputs: Tensor, labels: Tensor) -> None:
        loss, accuracy = self._objective(inputs, labels, self._margin)
        self.gradients.add(self._scaler.scale(loss * self._weight))
        self._means.add_(torch.stack([loss.detach(), accuracy]), alpha=self._weight)


def _compiled(objective: nn.Module) -> Callable[[Tensor, Tensor, Tensor], tuple[Tensor, Tensor]]:
    """Compile the ``BlockSequence``s of a network, or the whole objective if there are none.

    Code that cannot be compiled runs eagerly, with a warning (all of it without a C compiler).
    """
    torch._dynamo.config.suppress_errors = True
    sequences = [module for module in objective.modules() if isinstance(module, BlockSequence)]
    for sequence in sequences:
        sequence.compile_for_training()
    return objective if sequences else torch.compile(objective, dynamic=False)
