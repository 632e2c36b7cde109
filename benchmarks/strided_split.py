"""The grouped 3×3 convolutions of Res2Net's strided blocks in three forms, forward and backward.

    python -m benchmarks.strided_split [--device cuda] [--batch-size 32]

grouped: one convolution with groups, as in the network. separate: one for each group, joined
afterwards. dense: one without groups, whose weight is zero between groups. Milliseconds of CPU time
in float32, or of the GPU in bf16; medians, the forms taking turns.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from benchmarks.records import append_records, find_record
from benchmarks.step_ways import device_name
from benchmarks.timing import markdown_table

Case = tuple[str, int, int, int, int]
# (network, groups, channels of a group, time × mel positions of the input) in stages 2 to 4.
CASES: list[Case] = [
    (name, scale - 1, width << stage, 200 >> (stage - 1), 80 >> (stage - 1))
    for name, width, scale in (("w8_s6", 8, 6), ("w24_s4", 24, 4))
    for stage in (1, 2, 3)
]


def grouped(x: Tensor, weight: Tensor, groups: int) -> Tensor:
    """Convolve with groups."""
    return functional.conv2d(x, weight, stride=2, padding=1, groups=groups)


def separate(x: Tensor, weight: Tensor, groups: int) -> Tensor:
    """Convolve group after group."""
    pairs = zip(x.chunk(groups, dim=1), weight.chunk(groups), strict=True)
    return torch.cat([functional.conv2d(a, w, stride=2, padding=1) for a, w in pairs], dim=1)


def dense(x: Tensor, weight: Tensor, groups: int) -> Tensor:
    """Convolve once, with zeros between groups."""
    size = weight.shape[1]
    blocks = weight.new_zeros(groups, size, groups, size, *weight.shape[2:])
    index = torch.arange(groups, device=weight.device)
    blocks[index, :, index] = weight.unflatten(0, (groups, size))
    return functional.conv2d(x, blocks.flatten(0, 1).flatten(1, 2), stride=2, padding=1)


FORMS = {"grouped": grouped, "separate": separate, "dense": dense}


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", type=Path, help="file to add to; what it has is left out")
    args = parser.parse_args()
    device = torch.device(args.device)
    torch.set_num_threads(1)
    torch.backends.cudnn.benchmark = True
    name = device_name(device)
    rows = []
    for case in CASES:
        subject = {
            "program": "strided_split",
            "device": name,
            "torch": torch.__version__,
            "case": _label(case),
            "batch_size": args.batch_size,
        }
        if find_record(args.json, subject):
            print(f"{args.json} has {subject['case']}")
            continue
        times = _measure(case, device, args)
        rows.append([_label(case), *(f"{1000 * value:.2f}" for value in times.values())])
        seconds = {f"seconds_{form}": value for form, value in times.items()}
        append_records(args.json, [{**subject, **seconds}])
    if rows:
        print(markdown_table(["strided split", *FORMS], rows))


def _label(case: Case) -> str:
    name, groups, size, frames, bins = case
    return f"{name}: {groups} × {size} channels, {frames} × {bins}"


def _tensors(case: Case, device: torch.device, batch: int) -> tuple[Tensor, Tensor]:
    _, groups, size, frames, bins = case
    dtype = torch.bfloat16 if device.type == "cuda" else torch.float32
    x = torch.randn(batch, groups * size, frames, bins, device=device, dtype=dtype)
    weight = torch.randn(groups * size, size, 3, 3, device=device, dtype=dtype)
    both = (t.to(memory_format=torch.channels_last).requires_grad_() for t in (x, weight))
    x, weight = both
    return x, weight


def _measure(case: Case, device: torch.device, args: argparse.Namespace) -> dict[str, float]:
    tensors, groups = _tensors(case, device, args.batch_size), case[1]
    steps = {name: _step(form, *tensors, groups) for name, form in FORMS.items()}
    times: dict[str, list[float]] = {name: [] for name in steps}
    for turn in range(args.repeats + 2):
        for name, step in steps.items():
            seconds = _seconds(step, device.type)
            if turn >= 2:
                times[name].append(seconds)
    return {name: statistics.median(values) for name, values in times.items()}


def _step(
    form: Callable[[Tensor, Tensor, int], Tensor], x: Tensor, weight: Tensor, groups: int
) -> Callable[[], object]:
    gradient = torch.randn_like(form(x, weight, groups))
    return lambda: torch.autograd.grad(form(x, weight, groups), (x, weight), gradient)


def _seconds(step: Callable[[], object], device: str) -> float:
    if device == "cpu":
        start = time.process_time()
        step()
        return time.process_time() - start
    torch.cuda.synchronize()
    start = time.perf_counter()
    step()
    torch.cuda.synchronize()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
