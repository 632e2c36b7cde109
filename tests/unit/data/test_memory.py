"""Where batches lie: in memory that both sides have, if a worker makes them."""

import pytest
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from speakernet.data.memory import empty_batch


class Batches(Dataset[tuple[Tensor, bool]]):
    """Batches, and whether they were in shared memory where they were made."""

    def __getitem__(self, number: int) -> tuple[Tensor, bool]:
        batch = empty_batch(2, 3, 4)
        return batch.fill_(number), batch.is_shared()


@pytest.mark.parametrize("workers", [0, 1])
def test_workers_write_to_shared_memory(workers: int) -> None:
    loader = DataLoader(
        Batches(),
        batch_size=None,
        sampler=range(3),
        num_workers=workers,
        multiprocessing_context="fork" if workers else None,
    )
    for number, (batch, was_shared) in enumerate(loader):
        assert was_shared == bool(workers)
        assert batch.dtype == torch.float32 and batch.shape == (2, 3, 4)
        assert batch.is_contiguous()
        assert (batch == number).all()
