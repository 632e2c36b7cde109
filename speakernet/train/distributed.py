"""The processes of a run: who am I, joining, small agreements, threads.

torchrun's environment variables say everything; without them there is one process. Tensors of the
network travel by NCCL between GPUs and by gloo between CPUs; small agreements always by gloo, so
that they never wait for a GPU.
"""

import os
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist

from speakernet.config import UserError

_TIMEOUT = timedelta(minutes=30)


@dataclass(frozen=True)
class World:
    """This process among all: ``device`` is its own."""

    rank: int
    size: int
    local_rank: int
    local_size: int
    device: torch.device

    @property
    def is_main(self) -> bool:
        """Whether this process writes the files."""
        return self.rank == 0


def join(num_threads: int | None) -> World:
    """Join the other processes, choose the device, and share the cores among local processes."""
    rank, size = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
    local_rank = int(os.environ.get("LOCAL_RANK", "0"))
    local_size = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    device = torch.device("cpu")
    if torch.cuda.is_available():
        device = _own_gpu(local_rank, local_size)
        torch.cuda.set_device(device)
    torch.set_num_threads(num_threads or _fair_share(local_size))
    if size > 1:
        backend = "cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo"
        dist.init_process_group(backend, timeout=_TIMEOUT)
    return World(rank, size, local_rank, local_size, device)


def _own_gpu(local_rank: int, local_size: int) -> torch.device:
    """Return this process's GPU; NCCL does not work between processes that share one."""
    num_gpus = torch.cuda.device_count()
    if local_size > num_gpus:
        raise UserError(f"{local_size} processes on this machine, but {num_gpus} GPUs")
    return torch.device("cuda", local_rank)


def _fair_share(local_size: int) -> int:
    """Return the threads of one of ``local_size`` processes.

    OMP_NUM_THREADS does not count: path.sh and torchrun set it to 1, for jobs side by side.
    """
    return max(1, len(os.sched_getaffinity(0)) // local_size)


def leave() -> None:
    """Take leave of the other processes."""
    if dist.is_initialized():
        dist.destroy_process_group()


class Agreement:
    """The largest number that any process names, found while the network computes."""

    def __init__(self, world: World) -> None:
        self._tensor = torch.zeros(1, dtype=torch.int32)
        self._work: Any = None
        self._shared = world.size > 1

    def propose(self, number: int) -> None:
        """Name a number; does not wait."""
        self._tensor.fill_(number)
        if self._shared:
            self._work = dist.all_reduce(self._tensor, dist.ReduceOp.MAX, async_op=True)

    def result(self) -> int:
        """Wait for the others and return the largest number."""
        if self._work is not None:
            self._work.wait()
            self._work = None
        return int(self._tensor)


def mean_over_processes(values: torch.Tensor, world: World) -> torch.Tensor:
    """Return the mean of ``values`` over all processes."""
    if world.size > 1:
        dist.all_reduce(values)
        values /= world.size
    return values


def gather_objects(item: Any, world: World) -> list[Any]:
    """Return every process's ``item``, by rank."""
    if world.size == 1:
        return [item]
    items: list[Any] = [None] * world.size
    dist.all_gather_object(items, item)
    return items


def barrier(world: World) -> None:
    """Wait for all processes."""
    gather_objects(None, world)
