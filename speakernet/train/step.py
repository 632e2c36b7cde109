"""Forward and backward passes of an update's micro-batches: plain, compiled, or as a CUDA graph.

The same code runs on a CPU and on a GPU; what is computed does not depend on the way, except for
rounding. Nothing here waits for the device: results are tensors, and only who reads them waits.
"""

from collections.abc import Callable, Iterable
from itertools import accumulate

import torch
from torch import Tensor, nn

from speakernet.nn.layers.checkpointing import BlockSequence
from speakernet.train.config import TrainConfig
from speakernet.train.cuda_graph import GraphedFunction

# Gradients begin at multiples of this many elements: 16 bytes, what wide loads ask for.
_ALIGNMENT = 4


class GradientBuffer:
    """The gradients of all parameters, side by side in one vector ``flat``.

    So they are cleared by one operation and all-reduced by one message, and stay where a CUDA
    graph expects them. Each parameter's ``grad`` is a view of it in the parameter's own layout
    (which must be final; type and device are the same for all).
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
        """Differentiate ``loss`` and add its gradients; what it does not depend on gets none."""
        gradients = torch.autograd.grad(loss, self.parameters, allow_unused=True)
        pairs = [(v, g) for v, g in zip(self.views, gradients, strict=True) if g is not None]
        torch._foreach_add_([view for view, _ in pairs], [gradient for _, gradient in pairs])


class MicroBatches:
    """Collects gradients, loss and accuracy of ``train.accumulate`` micro-batches.

    ``objective`` maps inputs, labels and margin to loss and accuracy (means of the micro-batch);
    its parameters must be on their device and in their memory format. ``scaler`` scales the loss.
    """

    def __init__(
        self, objective: nn.Module, train: TrainConfig, scaler: torch.amp.GradScaler
    ) -> None:
        self.gradients = GradientBuffer(p for p in objective.parameters() if p.requires_grad)
        self._scaler = scaler
        self._share = 1.0 / train.accumulate
        device = self.gradients.flat.device
        # Tensors, not numbers, so that a recorded graph sees the values of each update.
        self._margin = torch.zeros((), dtype=torch.float64, device=device)
        self._means = torch.zeros(2, device=device)
        self._objective: Callable[[Tensor, Tensor, Tensor], tuple[Tensor, Tensor]] = objective
        if train.compile:
            self._objective = _compiled(objective)
        self._run: Callable[[Tensor, Tensor], None] = self._accumulate
        # Synchronised batch norms send messages amid the network: nothing to record.
        if train.cuda_graph and device.type == "cuda" and train.batch_norm != "synchronised":
            written = [self.gradients.flat, self._means, *objective.buffers()]
            self._run = GraphedFunction(self._accumulate, written)

    def start(self, margin: float) -> None:
        """Begin another update."""
        self.gradients.clear()
        self._means.zero_()
        self._margin.fill_(margin)

    def add(self, inputs: Tensor, labels: Tensor) -> None:
        """Go through one micro-batch, from any device."""
        device = self._means.device
        self._run(inputs.to(device, non_blocking=True), labels.to(device, non_blocking=True))

    def means(self) -> tuple[Tensor, Tensor]:
        """Return loss and accuracy of the update's micro-batches."""
        loss, accuracy = self._means.clone().unbind()
        return loss, accuracy

    def _accumulate(self, inputs: Tensor, labels: Tensor) -> None:
        loss, accuracy = self._objective(inputs, labels, self._margin)
        self.gradients.add(self._scaler.scale(loss * self._share))
        self._means.add_(torch.stack([loss.detach(), accuracy]), alpha=self._share)


def _compiled(objective: nn.Module) -> Callable[[Tensor, Tensor, Tensor], tuple[Tensor, Tensor]]:
    """Compile a network's blocks, or all of a network that has none.

    What cannot be compiled (without a C compiler: everything) runs as it is, with a warning.
    """
    torch._dynamo.config.suppress_errors = True
    sequences = [module for module in objective.modules() if isinstance(module, BlockSequence)]
    for sequence in sequences:
        sequence.compile_for_training()
    return objective if sequences else torch.compile(objective, dynamic=False)
