"""Batches for one training process, read by worker processes, in an order fixed beforehand.

Micro-batch ``m`` of rank ``r`` is a function of (seed, m, r): update ``m // accumulate`` uses the
samples ``update * global_batch ...`` of the stream, and these are cut into ``accumulate * world``
consecutive pieces. Workers only decide who computes which; the result does not depend on them.
"""

import ctypes
import multiprocessing
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import wait
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from speakernet.arrays import Int32, Int64, UInt64
from speakernet.config import UserError
from speakernet.data.config import DataConfig
from speakernet.data.orders import Stream
from speakernet.data.sample_keys import sample_keys

_PR_SET_PDEATHSIG = 1
# From the moment on when a dying worker's connections are cut, until it counts as dead.
_SECONDS_TO_DIE = 5


class Batch(NamedTuple):
    """``inputs`` (batch, time, mel) or (batch, samples), ``labels`` (batch,)."""

    inputs: Tensor
    labels: Tensor


class Crops(Protocol):
    """Where crops come from."""

    def prefetch(self, rows: npt.NDArray[np.integer]) -> None: ...

    def batch(self, rows: npt.NDArray[np.integer], keys: UInt64) -> Tensor: ...


@dataclass(frozen=True)
class Layout:
    """How the global batch is cut into pieces."""

    batch_size: int
    accumulate: int = 1
    world_size: int = 1
    rank: int = 0

    @property
    def global_batch(self) -> int:
        """Utterances an update sees."""
        return self.batch_size * self.accumulate * self.world_size

    def first_sample(self, micro_batch: int) -> int:
        """Return the number of the first sample of this rank's ``micro_batch``."""
        return (micro_batch * self.world_size + self.rank) * self.batch_size


class CropBatches(Dataset["Batch | UserError"]):
    """The micro-batches of one rank, by number."""

    def __init__(
        self,
        crops: Crops,
        rows: Int64,
        labels: Int32,
        stream: Stream,
        layout: Layout,
        seed: int,
    ) -> None:
        self.crops = crops
        self.rows = rows
        self.labels = labels
        self.stream = stream
        self.layout = layout
        self.seed = seed

    def utterances(self, micro_batch: int) -> Int64:
        """Return the places in the data directory of a micro-batch's utterances."""
        first = self.layout.first_sample(micro_batch)
        return self.rows[self.stream.take(first, self.layout.batch_size)]

    def __getitem__(self, micro_batch: int) -> "Batch | UserError":
        # An exception would come back with the worker's whole traceback as its text.
        try:
            return self._read(micro_batch)
        except UserError as error:
            return error

    def _read(self, micro_batch: int) -> Batch:
        first, size = self.layout.first_sample(micro_batch), self.layout.batch_size
        chosen = self.stream.take(first, size)
        rows = self.rows[chosen]
        self.crops.prefetch(self.rows[self.stream.upcoming(first, size)])
        inputs = self.crops.batch(rows, sample_keys(self.seed, first, size))
        return Batch(inputs, torch.from_numpy(self.labels[chosen].astype(np.int64)))


def iter_batches(
    batches: CropBatches, numbers: range, config: DataConfig, *, pin_memory: bool = False
) -> Iterator[Batch]:
    """Yield the micro-batches ``numbers`` in order, read ahead by ``config.num_workers``.

    An error in a worker is raised here, its death as a UserError: see also ``readers_end_here``.
    """
    workers = config.num_workers
    loader: DataLoader[Batch | UserError] = DataLoader(
        batches,
        batch_size=None,
        sampler=numbers,
        num_workers=workers,
        prefetch_factor=max(1, config.prefetch_batches // workers) if workers else None,
        pin_memory=pin_memory,
        worker_init_fn=_start_worker if workers else None,
        multiprocessing_context="fork" if workers else None,
        generator=torch.Generator(),  # else it draws a seed from the global one, at each resume
    )
    # PyTorch's handler raises wherever the main thread is when a worker dies, be it in C++ code that
    # writes a checkpoint and aborts. Whoever waits for a batch finds out within 5 seconds anyway.
    handler = signal.getsignal(signal.SIGCHLD)
    iterator = iter(loader)
    signal.signal(signal.SIGCHLD, handler)
    processes = multiprocessing.active_children()
    try:
        for batch in iterator:
            if isinstance(batch, UserError):
                raise batch
            yield batch
        return
    except UserError:
        raise
    except Exception as error:
        # A batch that its worker's death cuts off on its way arrives as one of many errors.
        sentinels = [process.sentinel for process in processes]
        if not sentinels or not wait(sentinels, _SECONDS_TO_DIE):
            raise
        reason = " ".join(str(error).split())
    finally:
        del iterator  # ends the workers here, not when a traceback that knows it is forgotten
    raise UserError(
        f"a process that reads batches died: {reason}; was it killed, is memory or /dev/shm full?"
    )


@contextmanager
def readers_end_here() -> Iterator[None]:
    """End the workers if the block fails.

    They may wait for a lock that a dead one held, and do not hear SIGTERM, by which Python would end
    them at its exit and then wait for ever.
    """
    try:
        yield
    except BaseException:
        for process in multiprocessing.active_children():
            process.kill()
        raise


def _start_worker(_: int) -> None:
    """Leave signals to the parent, end with it, and use one thread."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1):
        signal.signal(number, signal.SIG_IGN)
    die_with_parent()
    torch.set_num_threads(1)


def die_with_parent() -> None:
    """Have the system kill this process when its parent ends, however that happens (Linux)."""
    parent = os.getppid()
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it ended between the two calls
        os.kill(os.getpid(), signal.SIGKILL)
