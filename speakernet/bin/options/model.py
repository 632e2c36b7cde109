"""What programs that use a packaged model have in common: its folder, the device, threads."""

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from speakernet.bin.options.parser import Argument
from speakernet.bin.options.types import device, jobs

if TYPE_CHECKING:
    from speakernet.model.packaged_model import PackagedModel

MODEL = Argument("model", Path, "a packaged model, as speakernet package makes it")
DEVICE = Argument(
    "--device", device, "cpu, cuda, cuda:N or auto (a GPU if there is one)", default="auto"
)
THREADS = Argument("--num-threads", jobs, "threads of a job on a CPU", default=1)
CHECK = Argument(
    "--check",
    str,
    "of recordings without speech, or clipped: off, warn, or refuse the former",
    choices=("off", "warn", "refuse"),
    default="refuse",
)


def load(args: Namespace) -> "PackagedModel":
    """Return the model that the arguments name, on its device."""
    import torch

    from speakernet.model.packaged_model import load_model

    torch.set_num_threads(args.num_threads)
    return load_model(args.model, device=args.device)
