"""Where batches are put together."""

import math

import torch
from torch import Tensor
from torch.utils.data import get_worker_info


def empty_batch(*shape: int) -> Tensor:
    """Return float32 of any content: in a DataLoader's worker, memory that its parent can map.

    A batch that is made elsewhere is copied there when it is sent.
    """
    if get_worker_info() is None:
        return torch.empty(shape)
    storage = torch.UntypedStorage._new_shared(4 * math.prod(shape))
    return torch.empty(0).set_(storage).view(shape)
