"""Times of reading and waiting, of real processes."""

import math
import os
import time

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import Tensor

from speakernet.arrays import UInt64
from speakernet.data.config import DataConfig
from speakernet.data.loader import BatchLayout, MicroBatchDataset, iter_micro_batches
from speakernet.data.orders import Permutation, Stream
from speakernet.data.reading_times import ReadingTimes


class SlowCrops:
    """Crops that take ``seconds`` a batch."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def prefetch(self, rows: npt.NDArray[np.integer]) -> None:
        """Do nothing."""

    def batch(self, rows: npt.NDArray[np.integer], keys: UInt64) -> Tensor:
        """Sleep."""
        time.sleep(self.seconds)
        return torch.zeros(len(rows), 4)


def batches_of(seconds: float) -> MicroBatchDataset:
    rows = np.arange(40)
    labels = rows.astype(np.int32)
    layout, stream = BatchLayout(10), Stream(Permutation(len(rows), seed=1))
    return MicroBatchDataset(SlowCrops(seconds), rows, labels, stream, layout, seed=1)


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_slow_readers_are_waited_for(workers: int) -> None:
    batches = batches_of(0.1)
    stream = iter_micro_batches(batches, range(100), DataConfig(num_workers=workers))
    next(stream)
    batches.times.restart()
    for _ in range(8):
        next(stream)
    assert batches.times.waiting_share() > 0.6
    # 10 crops in 0.1 s, of each process that reads.
    assert 0.2 < batches.times.crops_per_second() / (100 * max(1, workers)) <= 1


def test_fast_readers_are_not_waited_for() -> None:
    batches = batches_of(0.002)
    stream = iter_micro_batches(batches, range(100), DataConfig(num_workers=1))
    for _ in range(4):
        next(stream)
    batches.times.restart()
    for _ in range(10):
        time.sleep(0.1)
        next(stream)
    assert batches.times.waiting_share() < 0.3
    # They could deliver far more than the 100 that were taken.
    assert batches.times.crops_per_second() > 200


def test_processes_count_in_the_same_memory() -> None:
    times = ReadingTimes()
    process = os.fork()
    if not process:
        with times.reading(7):
            time.sleep(0.01)
        os._exit(0)
    os.waitpid(process, 0)
    assert 0 < times.crops_per_second() < 700
    times.restart()
    assert math.isnan(times.crops_per_second()) and times.seconds < 5
