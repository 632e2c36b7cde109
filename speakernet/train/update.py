"""One update: micro-batches forward and backward, all-reduce, L2, clip, optimizer."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

from speakernet.config import UserError
from speakernet.data.loader import Batch
from speakernet.optim import OptimConfig
from speakernet.optim.gradients import finish_gradients
from speakernet.optim.optimizers import build_optimizer
from speakernet.train.config import TrainConfig
from speakernet.train.distributed import World
from speakernet.train.objective import Objective
from speakernet.train.step import MicroBatches

# How the CPU's allocator and CUDA's libraries say it.
_NO_MEMORY = re.compile("can't allocate memory|not enough memory|ALLOC_FAILED|out of memory")


class Updater:
    """Owns the optimizer and the gradient scaler.

    Processes start from rank 0's weights and add up their gradients once an update, in one message,
    so they stay equal. Batch norm's running statistics stay each process's own (those of rank 0 are
    saved, as in voxsrc2020).
    """

    def __init__(
        self, objective: Objective, train: TrainConfig, optim: OptimConfig, world: World
    ) -> None:
        if world.device.type == "cpu":
            train = train.model_copy(update={"compile": False, "cuda_graph": False})
        self.train = train
        self.optim = optim
        self.world = world
        self.scaler = torch.amp.GradScaler(
            world.device.type, enabled=train.precision == "fp16", init_scale=2.0**13
        )
        self.micro_batches = MicroBatches(
            _with_batch_norm(objective, train, world), train, self.scaler
        )
        self.gradients = self.micro_batches.gradients
        self.optimizer = build_optimizer(optim, self.gradients.parameters)

    def share_weights(self, objective: nn.Module) -> None:
        """Give every process rank 0's weights and running statistics."""
        if self.world.size > 1:
            for value in objective.state_dict().values():
                dist.broadcast(value, src=0)

    def __call__(
        self, batches: Iterator[Batch], learning_rate: float, margin: float
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Run one update; return loss and accuracy (this process's means) and gradient norm."""
        with memory_advice(self.train):
            return self._update(batches, learning_rate, margin)

    def _update(
        self, batches: Iterator[Batch], learning_rate: float, margin: float
    ) -> tuple[Tensor, Tensor, Tensor]:
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate
        self.micro_batches.start(margin)
        for _ in range(self.train.accumulate):
            batch = next(batches)
            self.micro_batches.add(batch.inputs, batch.labels)
        if self.world.size > 1:
            dist.all_reduce(self.gradients.flat)
            self.gradients.flat /= self.world.size
        self.scaler.unscale_(self.optimizer)
        norm = finish_gradients(self.gradients.parameters, self.optim)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        loss, accuracy = self.micro_batches.means()
        return loss, accuracy, norm

    def state_dict(self) -> dict[str, Any]:
        """Return the state of the optimizer and of the scaler."""
        return {"optimizer": self.optimizer.state_dict(), "scaler": self.scaler.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what ``state_dict`` returned."""
        self.optimizer.load_state_dict(state["optimizer"])
        self._lay_out_state()
        self.scaler.load_state_dict(state["scaler"])

    def _lay_out_state(self) -> None:
        """Order moments in memory as their weights are: fused optimizers pair them by place."""
        for parameter, moments in self.optimizer.state.items():
            for name, value in moments.items():
                if isinstance(value, Tensor) and value.shape == parameter.shape:
                    moments[name] = torch.empty_like(parameter).copy_(value)


def _with_batch_norm(objective: Objective, train: TrainConfig, world: World) -> nn.Module:
    if train.batch_norm != "synchronised" or world.size == 1:
        return objective
    if world.device.type == "cpu":
        raise UserError("train.batch_norm: synchronised needs GPUs")
    return nn.SyncBatchNorm.convert_sync_batchnorm(objective)


@contextmanager
def memory_advice(train: TrainConfig) -> Iterator[None]:
    """Turn PyTorch's complaint that there is no memory left into advice."""
    try:
        yield
    except RuntimeError as error:
        if not isinstance(error, torch.OutOfMemoryError) and not _NO_MEMORY.search(str(error)):
            raise
        raise UserError(_out_of_memory(train, error)) from None


def _out_of_memory(train: TrainConfig, error: BaseException) -> str:
    half = max(1, train.batch_size // 2)
    return (
        f"out of memory at train.batch_size={train.batch_size} ({str(error).splitlines()[0]}); "
        f"try train.batch_size={half} with train.accumulate={train.accumulate * 2} (the same "
        "update but for batch norm's statistics), train.precision=bf16, or "
        "model.recompute_activations=true"
    )
