"""Distributed training: the process group, rank and device of this process, small collectives.

Ranks come from torchrun's environment variables; without them there is one process. Gradients are
reduced by NCCL between GPUs and by gloo between CPUs. Small collectives use CPU tensors and gloo,
so that they do not synchronise with the GPU.
"""

import os
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist

from speakernet.config import UserError
from speakernet.work.cores import num_cores

_TIMEOUT = timedelta(minutes=30)


@dataclass(frozen=True)
class World:
    """Rank and device of this process; ``size``: processes in all, ``local_``: on this machine."""

    rank: int
    size: int
    local_rank: int
    local_size: int
    device: torch.device

    @property
    def is_main(self) -> bool:
        """Whether this process writes the files."""
        return self.rank == 0


def init_distributed(num_threads: int | None) -> World:
    """Initialise the process group, choose the device, and set the number of CPU threads.

    ``num_threads`` None: the cores divided by the number of local processes. Raises UserError if
    there are fewer GPUs than local processes.
    """
    rank, size = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
    local_rank = int(os.environ.get("LOCAL_RANK", "0"))
    local_size = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    device = torch.device("cpu")
    if torch.cuda.is_available():
        device = _own_gpu(local_rank, local_size)
        torch.cuda.set_device(device)
    torch.set_num_threads(num_threads or _threads_per_process(local_size))
    if size > 1:
        backend = "cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo"
        dist.init_process_group(backend, timeout=_TIMEOUT)
    return World(rank, size, local_rank, local_size, device)


def _own_gpu(local_rank: int, local_size: int) -> torch.device:
    """Return the GPU of this process; NCCL needs a GPU of its own for each process."""
    num_gpus = torch.cuda.device_count()
    if local_size > num_gpus:
        raise UserError(f"{local_size} processes on this machine, but {num_gpus} GPUs")
    return torch.device("cuda", local_rank)


def _threads_per_process(local_size: int) -> int:
    """Return the cores per local process.

    Ignores OMP_NUM_THREADS: path.sh and torchrun set it to 1 for jobs that run in parallel.
    """
    return max(1, num_cores() // local_size)


def shut_down_distributed() -> None:
    """Destroy the process group, if there is one."""
    if dist.is_initialized():
        dist.destroy_process_group()


class AsyncMax:
    """The maximum of a number over all processes, by an all-reduce that overlaps with computing."""

    def __init__(self, world: World) -> None:
        self._tensor = torch.zeros(1, dtype=torch.int32)
        self._work: Any = None
        self._shared = world.size > 1

    def start(self, number: int) -> None:
        """Start the all-reduce with this process's ``number``; does not wait."""
        self._tensor.fill_(number)
        if self._shared:
            self._work = dist.all_reduce(self._tensor, dist.ReduceOp.MAX, async_op=True)

    def result(self) -> int:
        """Wait for the other processes and return the maximum."""
        if self._work is not None:
            self._work.wait()
            self._work = None
        return int(self._tensor)


def all_reduce_mean(values: torch.Tensor, world: World) -> torch.Tensor:
    """Return the mean of ``values`` over all processes; changes ``values`` in place."""
    if world.size > 1:
        dist.all_reduce(values)
        values /= world.size
    return values


def gather_objects(item: Any, world: World) -> list[Any]:
    """Return the ``item`` of each process, in order of rank."""
    if world.size == 1:
        return [item]
    items: list[Any] = [None] * world.size
    dist.all_gather_object(items, item)
    return items


def barrier(world: World) -> None:
    """Wait for all processes."""
    gather_objects(None, world)
