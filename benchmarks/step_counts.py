"""What a training step asks of a device, counted without one, and what a device can give.

Counting runs the step on tensors without contents: operations that start a kernel (views do not),
bytes that go in and out of them when nothing is fused, and floating-point operations of
convolutions and matrix products (a backward pass counts as two forward passes).
"""

import time
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.autograd.graph import saved_tensors_hooks
from torch.func import functional_call
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode


class Counts(NamedTuple):
    """Of one micro-batch, forward and backward; ``saved``: kept in between."""

    launches: int
    gigabytes: float
    gigaflop: float
    saved_gigabytes: float


class Ceilings(NamedTuple):
    """Measured on the device: bf16 matrix product, and copying (bytes read and written)."""

    teraflop_per_second: float
    terabyte_per_second: float


class _Traffic(TorchDispatchMode):
    """Counts operations and the bytes of their arguments and results."""

    def __init__(self) -> None:
        super().__init__()
        self.launches = 0
        self.bytes = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        if not _is_free(func):
            tensors = [t for t in tree_leaves((args, kwargs, result)) if isinstance(t, Tensor)]
            self.launches += 1
            self.bytes += sum(t.numel() * t.element_size() for t in tensors)
        return result


def _is_free(func: Any) -> bool:
    """Whether an operation only makes a view or memory, or asks a question."""
    if func.namespace != "aten":
        return True
    returned = [r.alias_info for r in func._schema.returns]
    view = any(alias is not None and not alias.is_write for alias in returned)
    return view or func._schema.name in ("aten::empty", "aten::empty_like", "aten::detach")


class _Saved:
    """Adds up the memory that autograd keeps, other than ``known`` tensors and each block once."""

    def __init__(self, known: Iterable[Tensor]) -> None:
        self.num_bytes = 0
        self._seen = {tensor.untyped_storage()._cdata for tensor in known}

    def pack(self, tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage._cdata not in self._seen:
            self._seen.add(storage._cdata)
            self.num_bytes += storage.nbytes()
        return tensor


def count(objective: nn.Module, inputs: Callable[[], tuple[Tensor, ...]]) -> Counts:
    """Return what one micro-batch needs; ``objective`` maps ``inputs()`` to loss and accuracy."""
    with FakeTensorMode() as mode:
        state = {**dict(objective.named_parameters()), **dict(objective.named_buffers())}
        fakes: dict[str, Tensor] = {n: mode.from_tensor(t) for n, t in state.items()}
        micro_batch = inputs()
        with FlopCounterMode(display=False) as flops:
            functional_call(objective, fakes, micro_batch)
        saved = _Saved(fakes.values())
        with _Traffic() as traffic, saved_tensors_hooks(saved.pack, lambda x: x):
            functional_call(objective, fakes, micro_batch)[0].backward()
    gigaflop = 3 * flops.get_total_flops() / 1e9
    return Counts(traffic.launches, traffic.bytes / 1e9, gigaflop, saved.num_bytes / 1e9)


def ceilings(device: torch.device, size: int = 8192) -> Ceilings:
    """Measure a large matrix product of random bf16 numbers, and a large copy, on a GPU."""
    a, b = (torch.randn(size, size, device=device, dtype=torch.bfloat16) for _ in range(2))
    product = _seconds(lambda: a @ b)
    source = torch.empty(2**30, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    copy = _seconds(lambda: target.copy_(source))
    return Ceilings(2 * size**3 / product / 1e12, 2 * source.numel() / copy / 1e12)


def _seconds(call: Callable[[], object], repeats: int = 10) -> float:
    for _ in range(3):
        call()
    torch.cuda.synchronize()
    start = time.perf_counter()
    for _ in range(repeats):
        call()
    torch.cuda.synchronize()
    return (time.perf_counter() - start) / repeats
