"""Memory for batches: shared between a worker process and the training process."""

import math

import torch
from torch import Tensor
from torch.utils.data import get_worker_info


def empty_batch(*shape: int) -> Tensor:
    """Return an uninitialised float32 tensor, in shared memory if this is a DataLoader worker.

    A tensor in other memory would be copied to shared memory to send it to the training process.
    """
    if get_worker_info() is None:
        return torch.empty(shape)
    storage = torch.UntypedStorage._new_shared(4 * math.prod(shape))
    return torch.empty(0).set_(storage).view(shape)
