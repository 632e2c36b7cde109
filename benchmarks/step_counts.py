"""What a training step asks of a device, counted without one, and what a device can give.

    python -m benchmarks.step_counts [NETWORK …] [--batch-size 32] [--num-frames 200]

prints a table of micro-batches in bf16. Counting runs the step on tensors without contents:
operations that start a kernel (views do not), bytes that go in and out of them when nothing is
fused, and floating-point operations of convolutions and matrix products (a backward pass counts as
two forward passes). Activations are what autograd keeps from the forward pass to the backward pass.
"""

import argparse
import time
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.autograd.graph import saved_tensors_hooks
from torch.func import functional_call
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.step_batches import random_batch
from benchmarks.step_ways import build_objective
from benchmarks.timing import markdown_table
from speakernet.train.config import TrainConfig

SMALL = ["tdnn", "dpn68", "res2net50_w8_s6_c16"]
LARGE = ["50_w24_s4_c32", "50_w24_s4_c64", *(f"{n}_w24_s4_c32_att" for n in (101, 152, 200))]
NETWORKS = [*SMALL, *(f"res2net{size}" for size in LARGE)]


class Counts(NamedTuple):
    """Of one micro-batch, forward and backward; ``saved``: kept in between."""

    parameters: int
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


def main() -> None:
    """Count and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("networks", nargs="*", default=NETWORKS)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--num-frames", type=int, default=200)
    parser.add_argument("--num-classes", type=int, default=5994)
    args = parser.parse_args()
    rows = [[name, *_row(count(name, args), args.batch_size)] for name in args.networks]
    print(markdown_table(["network", *_COLUMNS], rows))


_COLUMNS = [
    "million parameters",
    "kernels a micro-batch",
    "GFLOP an utterance",
    "GB an utterance",
    "FLOP a byte",
    "GB of activations a micro-batch",
]


def _row(counts: Counts, batch_size: int) -> list[str]:
    return [
        f"{counts.parameters / 1e6:.1f}",
        f"{counts.launches:,}",
        f"{counts.gigaflop / batch_size:.1f}",
        f"{counts.gigabytes / batch_size:.2f}",
        f"{counts.gigaflop / counts.gigabytes:.0f}",
        f"{counts.saved_gigabytes:.1f}",
    ]


def count(name: str, args: argparse.Namespace) -> Counts:
    """Return what one micro-batch of a network needs; the parameters are without the loss's."""
    objective = build_objective(name, TrainConfig(precision="bf16"), args.num_classes)
    with FakeTensorMode() as mode:
        state = {**dict(objective.named_parameters()), **dict(objective.named_buffers())}
        fakes: dict[str, Tensor] = {n: mode.from_tensor(t) for n, t in state.items()}
        inputs = (*random_batch(objective.model.input_kind, args), torch.zeros(()))
        saved = _Saved(fakes.values())
        with _Traffic() as traffic, saved_tensors_hooks(saved.pack, lambda x: x):
            with FlopCounterMode(display=False) as flops:
                loss, _ = functional_call(objective, fakes, inputs)
            loss.backward()
    gigaflop = 3 * flops.get_total_flops() / 1e9
    parameters = sum(p.numel() for p in objective.model.parameters())
    gigabytes, kept = traffic.bytes / 1e9, saved.num_bytes / 1e9
    return Counts(parameters, traffic.launches, gigabytes, gigaflop, kept)


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


if __name__ == "__main__":
    main()
