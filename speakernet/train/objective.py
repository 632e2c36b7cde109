"""The training objective: a network and its loss as one module, with mixed precision."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from speakernet.config import UserError
from speakernet.nn.losses import SpeakerLoss
from speakernet.nn.models import SpeakerModel
from speakernet.train.config import TrainConfig

_BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm)
_DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}


class Objective(nn.Module):
    """Network and loss as one module; the network runs under autocast, the loss in float32."""

    def __init__(self, model: SpeakerModel, loss: SpeakerLoss, config: TrainConfig) -> None:
        super().__init__()
        self.model = model
        self.loss = loss
        self.precision = config.precision
        self.frozen_norms = config.batch_norm == "frozen"
        if config.channels_last:
            _store_channels_last(model)

    def forward(self, inputs: Tensor, labels: Tensor, margin: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean loss and accuracy of a micro-batch.

        ``inputs`` (batch, time, mel) or (batch, samples), ``labels`` (batch,), ``margin`` scalar.
        """
        with autocast(self.precision, inputs.device):
            embeddings = self.model(inputs)
        output = self.loss(embeddings, labels, margin)
        return output.loss, output.accuracy

    def train(self, mode: bool = True) -> "Objective":
        """Set the training mode; frozen batch norms stay in evaluation mode."""
        super().train(mode)
        if self.frozen_norms:
            for module in self.modules():
                if isinstance(module, _BATCH_NORMS):
                    module.eval()
        return self


def _store_channels_last(model: nn.Module) -> None:
    """Store 4-D parameters (2-D convolution kernels) in channels-last memory format.

    The kernel bases of dynamic convolutions have more dimensions and are not changed.
    """
    for parameter in model.parameters():
        if parameter.ndim == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)


@contextmanager
def autocast(precision: str, device: torch.device) -> Iterator[None]:
    """Context manager for torch's autocast to bf16 or fp16; does nothing for fp32."""
    dtype = _DTYPES.get(precision, torch.bfloat16)
    with torch.autocast(device.type, dtype=dtype, enabled=precision != "fp32"):
        yield


def check_precision(precision: str, device: torch.device) -> None:
    """Raise UserError if the device does not support ``precision``."""
    if precision == "fp16" and device.type == "cpu":
        raise UserError("train.precision: fp16 needs a GPU; use fp32 (or bf16) on a CPU")
    if precision == "bf16" and device.type == "cuda" and not torch.cuda.is_bf16_supported():
        raise UserError("train.precision: this GPU has no bf16; use fp16 or fp32")
