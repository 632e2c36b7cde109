"""The DataLoader of one training process: micro-batches in a deterministic order.

Micro-batch m of rank r is a function of (seed, m, r): update u uses the samples (training examples)
``u * global_batch ...`` of the stream, which are divided into ``accumulate * world_size``
consecutive micro-batches. The number of worker processes does not change the result.
"""

import ctypes
import multiprocessing
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from speakernet.arrays import Int32, Int64, UInt64
from speakernet.config import UserError
from speakernet.data.config import DataConfig
from speakernet.data.memory import empty_batch
from speakernet.data.orders import Stream
from speakernet.data.reading_times import ReadingTimes
from speakernet.data.sample_keys import sample_keys

if TYPE_CHECKING:
    from speakernet.data.front_end import WaveformBatch

_PR_SET_PDEATHSIG = 1
# The connections of a worker that dies are closed before its process has ended: wait that long.
_WORKER_EXIT_SECONDS = 5


class MicroBatch(NamedTuple):
    """Crops ``inputs`` (batch, time, mel) or (batch, samples), speaker ``labels`` (batch,).

    Where features are computed on the device, ``inputs`` is what they are computed from.
    """

    inputs: "Tensor | WaveformBatch"
    labels: Tensor


class RandomCropReader(Protocol):
    """Protocol for reading random crops of utterances, which are addressed by row of utt2spk."""

    def prefetch(self, rows: npt.NDArray[np.integer]) -> None: ...

    def batch(self, rows: npt.NDArray[np.integer], keys: UInt64) -> "Tensor | WaveformBatch": ...


@dataclass(frozen=True)
class BatchLayout:
    """How the global batch of an update is divided into micro-batches, for one rank.

    batch_size: utterances per micro-batch. accumulate: micro-batches per rank and update.
    """

    batch_size: int
    accumulate: int = 1
    world_size: int = 1
    rank: int = 0

    @property
    def global_batch(self) -> int:
        """Utterances per update, over all processes."""
        return self.batch_size * self.accumulate * self.world_size

    def first_sample(self, micro_batch: int) -> int:
        """Return the position in the stream of the first sample of this rank's ``micro_batch``."""
        return (micro_batch * self.world_size + self.rank) * self.batch_size


class MicroBatchDataset(Dataset["MicroBatch | Exception"]):
    """The micro-batches of one rank, indexed by their number since the start of training.

    ``rows`` and ``labels``: of the training utterances that ``stream`` draws from, their rows in
    utt2spk and their speaker labels. ``times``: of reading, and of waiting for what is read.
    """

    def __init__(
        self,
        crops: RandomCropReader,
        rows: Int64,
        labels: Int32,
        stream: Stream,
        layout: BatchLayout,
        seed: int,
    ) -> None:
        self.crops = crops
        self.rows = rows
        self.labels = labels
        self.stream = stream
        self.layout = layout
        self.seed = seed
        self.times = ReadingTimes()

    def utterances(self, micro_batch: int) -> Int64:
        """Return the rows in utt2spk of a micro-batch's utterances, (batch,)."""
        first = self.layout.first_sample(micro_batch)
        return self.rows[self.stream.take(first, self.layout.batch_size)]

    def __getitem__(self, micro_batch: int) -> "MicroBatch | Exception":
        # DataLoader would replace the message of an exception by the worker's traceback.
        try:
            with self.times.reading(self.layout.batch_size):
                return self._read(micro_batch)
        except Exception as error:
            return error

    def _read(self, micro_batch: int) -> MicroBatch:
        first, size = self.layout.first_sample(micro_batch), self.layout.batch_size
        chosen = self.stream.take(first, size)
        rows = self.rows[chosen]
        self.crops.prefetch(self.rows[self.stream.upcoming(first, size)])
        inputs = self.crops.batch(rows, sample_keys(self.seed, first, size))
        labels = empty_batch(size, dtype=torch.int64)
        labels.numpy()[:] = self.labels[chosen]
        return MicroBatch(inputs, labels)


def iter_micro_batches(
    batches: MicroBatchDataset, numbers: range, config: DataConfig, *, pin_memory: bool = False
) -> Iterator[MicroBatch]:
    """Yield the micro-batches ``numbers`` in order, prefetched by ``config.num_workers`` processes.

    Raises a UserError of a worker process, and a UserError if a worker process died (use
    ``kill_workers_on_error`` around this).
    """
    iterator = _start_loader(batches, numbers, config, pin_memory)
    processes = multiprocessing.active_children()
    try:
        while True:
            with batches.times.waiting():
                batch = next(iterator, None)
            if batch is None:
                return
            if isinstance(batch, Exception):
                raise batch
            yield batch
    except UserError:
        raise
    except Exception as error:
        # The death of a worker shows as one of many exceptions, depending on what was being sent.
        sentinels = [process.sentinel for process in processes]
        if not sentinels or not wait(sentinels, _WORKER_EXIT_SECONDS):
            raise
        reason = " ".join(str(error).split())
    finally:
        # Ends the workers now; a traceback may keep a reference to the iterator for long.
        del iterator
    raise UserError(
        f"a data loading worker process died: {reason}; "
        "check whether it was killed and whether memory or /dev/shm is full"
    )


def _start_loader(
    batches: MicroBatchDataset, numbers: range, config: DataConfig, pin_memory: bool
) -> Iterator["MicroBatch | Exception"]:
    """Return the iterator of a DataLoader whose worker processes have started."""
    workers = config.num_workers
    loader: DataLoader[MicroBatch | Exception] = DataLoader(
        batches,
        batch_size=None,
        sampler=numbers,
        num_workers=workers,
        prefetch_factor=max(1, config.prefetch_batches // workers) if workers else None,
        pin_memory=pin_memory,
        worker_init_fn=_init_worker if workers else None,
        multiprocessing_context="fork" if workers else None,
        # By default DataLoader draws from torch's global generator, so that a resumed run would
        # have another random state than an uninterrupted one.
        generator=torch.Generator(),
    )
    # The first iteration installs PyTorch's SIGCHLD handler, which raises in the main thread when a
    # worker dies: C++ code that is writing a checkpoint then aborts. Restore the handler that was
    # there, as waiting for a batch reports a dead worker within 5 s anyway.
    handler = signal.getsignal(signal.SIGCHLD)
    iterator = iter(loader)
    signal.signal(signal.SIGCHLD, handler)
    return iterator


@contextmanager
def kill_workers_on_error() -> Iterator[None]:
    """Context manager: kill the worker processes if the block raises.

    Workers ignore SIGTERM and may be waiting for a lock that a killed worker held. At its exit
    Python would send them SIGTERM and then wait forever.
    """
    try:
        yield
    except BaseException:
        for process in multiprocessing.active_children():
            process.kill()
        raise


def _init_worker(_: int) -> None:
    """Ignore the signals that the parent handles, end when the parent ends, use one thread."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1):
        signal.signal(number, signal.SIG_IGN)
    die_with_parent()
    torch.set_num_threads(1)


def die_with_parent() -> None:
    """Let Linux kill this process when its parent ends for any reason (PR_SET_PDEATHSIG)."""
    parent = os.getppid()
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # the parent ended before prctl took effect
        os.kill(os.getpid(), signal.SIGKILL)
