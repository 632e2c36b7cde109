"""Memory for batches: shared between a worker process and the training process."""

import math

import torch
from torch import Tensor
from torch.utils.data import get_worker_info

from speakernet.config import UserError


def empty_batch(*shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
    """Return an uninitialised tensor, in shared memory if this is a DataLoader worker.

    A tensor in other memory would be copied to shared memory to send it to the training process.
    Raises UserError if there is not enough of it.
    """
    if get_worker_info() is None:
        return torch.empty(shape, dtype=dtype)
    num_bytes = dtype.itemsize * math.prod(shape)
    try:
        storage = torch.UntypedStorage._new_shared(num_bytes)
    except RuntimeError as error:
        raise UserError(
            f"/dev/shm has no room for {num_bytes} bytes of a batch ({error}); enlarge it "
            "(docker run --shm-size), or let the training process read: data.num_workers=0"
        ) from None
    return torch.empty(0, dtype=dtype).set_(storage).view(shape)
