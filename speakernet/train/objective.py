"""What is trained: a network and its loss as one module."""

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
        """Return the loss and the accuracy of a micro-batch."""
        with autocast(self.precision, inputs.device):
            embeddings = self.model(inputs)
        output = self.loss(embeddings, labels, margin)
        return output.loss, output.accuracy

    def train(self, mode: bool = True) -> "Objective":
        """Switch to training, but leave batch norms that are to be frozen in evaluation."""
        super().train(mode)
        if self.frozen_norms:
            for module in self.modules():
                if isinstance(module, _BATCH_NORMS):
                    module.eval()
        return self


def _store_channels_last(model: nn.Module) -> None:
    """Order kernels of 2-D convolutions so that maps follow (the bases of dynamic ones stay)."""
    for parameter in model.parameters():
        if parameter.ndim == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)


@contextmanager
def autocast(precision: str, device: torch.device) -> Iterator[None]:
    """Compute in ``precision`` where that is safe, in float32 elsewhere."""
    dtype = _DTYPES.get(precision, torch.bfloat16)
    with torch.autocast(device.type, dtype=dtype, enabled=precision != "fp32"):
        yield


def check_precision(precision: str, device: torch.device) -> None:
    """Refuse what the device cannot do."""
    if precision == "fp16" and device.type == "cpu":
        raise UserError("train.precision: fp16 needs a GPU; use fp32 (or bf16) on a CPU")
    if precision == "bf16" and device.type == "cuda" and not torch.cuda.is_bf16_supported():
        raise UserError("train.precision: this GPU has no bf16; use fp16 or fp32")
