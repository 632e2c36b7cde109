"""One update: gradients of the micro-batches, all-reduce, L2, clipping, optimizer step."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

from speakernet.config import UserError
from speakernet.data.loader import MicroBatch
from speakernet.optim import OptimConfig
from speakernet.optim.gradients import finish_gradients
from speakernet.optim.optimizers import build_optimizer
from speakernet.train.config import TrainConfig
from speakernet.train.distributed import World
from speakernet.train.objective import Objective
from speakernet.train.step import GradientAccumulator

# Messages of the CPU allocator and of CUDA's libraries.
_OUT_OF_MEMORY = re.compile("can't allocate memory|not enough memory|ALLOC_FAILED|out of memory")


class Updater:
    """Computes updates; owns the optimizer and the gradient scaler.

    Processes start with the weights of rank 0 and all-reduce their gradients once per update, so
    their weights stay equal. The running statistics of batch norms are not synchronised between
    processes; checkpoints contain those of rank 0, as in voxsrc2020.
    """

    def __init__(
        self,
        objective: Objective,
        train: TrainConfig,
        optim: OptimConfig,
        world: World,
        front_end: nn.Module | None = None,
    ) -> None:
        """Set up updates; ``front_end``: what makes features of a ``WaveformBatch``."""
        if world.device.type == "cpu":
            train = train.model_copy(update={"compile": False, "cuda_graph": False})
        self.train = train
        self.optim = optim
        self.world = world
        self.front_end = None if front_end is None else front_end.to(world.device)
        self.scaler = torch.amp.GradScaler(
            world.device.type, enabled=train.precision == "fp16", init_scale=2.0**13
        )
        self.accumulator = GradientAccumulator(
            _with_batch_norm(objective, train, world), train, self.scaler
        )
        self.gradients = self.accumulator.gradients
        self.optimizer = build_optimizer(optim, self.gradients.parameters)

    def broadcast_weights(self, objective: nn.Module) -> None:
        """Set the weights and running statistics of all processes to those of rank 0."""
        if self.world.size > 1:
            for value in objective.state_dict().values():
                dist.broadcast(value, src=0)

    def __call__(
        self, batches: Iterator[MicroBatch], learning_rate: float, margin: float
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Run one update on the next micro-batches.

        Returns loss and accuracy, means of this process, and the gradient norm before clipping.
        Raises UserError if memory runs out.
        """
        with explain_out_of_memory(self.train):
            return self._update(batches, learning_rate, margin)

    def _update(
        self, batches: Iterator[MicroBatch], learning_rate: float, margin: float
    ) -> tuple[Tensor, Tensor, Tensor]:
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate
        self.accumulator.start(margin)
        for _ in range(self.train.accumulate):
            batch = next(batches)
            self.accumulator.add(self._inputs(batch), batch.labels)
        if self.world.size > 1:
            dist.all_reduce(self.gradients.flat)
            self.gradients.flat /= self.world.size
        self.scaler.unscale_(self.optimizer)
        norm = finish_gradients(self.gradients.parameters, self.optim)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        loss, accuracy = self.accumulator.means()
        return loss, accuracy, norm

    def _inputs(self, batch: MicroBatch) -> Tensor:
        """Return what the network takes of a micro-batch."""
        if isinstance(batch.inputs, Tensor):
            return batch.inputs
        assert self.front_end is not None
        parts = [part.to(self.world.device, non_blocking=True) for part in batch.inputs]
        features: Tensor = self.front_end(*parts)
        return features

    def state_dict(self) -> dict[str, Any]:
        """Return the states of the optimizer and the gradient scaler."""
        return {"optimizer": self.optimizer.state_dict(), "scaler": self.scaler.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore the states from a result of ``state_dict``."""
        self.optimizer.load_state_dict(state["optimizer"])
        self._match_memory_formats()
        self.scaler.load_state_dict(state["scaler"])

    def _match_memory_formats(self) -> None:
        """Store the optimizer's moments with the strides of their weights.

        Fused optimizers pair weights and moments by their position in memory.
        """
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
def explain_out_of_memory(train: TrainConfig) -> Iterator[None]:
    """Context manager: turn PyTorch's out-of-memory errors into a UserError with advice."""
    try:
        yield
    except RuntimeError as error:
        if not isinstance(error, torch.OutOfMemoryError) and not _OUT_OF_MEMORY.search(str(error)):
            raise
        raise UserError(_out_of_memory(train, error)) from None


def _out_of_memory(train: TrainConfig, error: BaseException) -> str:
    least = 1 if train.batch_norm == "frozen" else 2
    half = max(least, train.batch_size // 2)
    return (
        f"out of memory at train.batch_size={train.batch_size} ({str(error).splitlines()[0]}); "
        f"try train.batch_size={half} with train.accumulate={train.accumulate * 2} (the same "
        "update but for batch norm's statistics), train.precision=bf16, or "
        "model.recompute_activations=true"
    )
