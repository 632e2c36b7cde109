"""Ways to compute a training step: plain loops, and the package's own with its switches."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from speakernet.config import configure
from speakernet.data.loader import MicroBatch
from speakernet.nn.losses import LOSSES, build_loss
from speakernet.nn.models import MODELS, build_model
from speakernet.optim.optimizers.sgd import Sgd
from speakernet.train.config import TrainConfig
from speakernet.train.distributed import World
from speakernet.train.objective import Objective
from speakernet.train.setup import set_arithmetic
from speakernet.train.update import Updater

LOSS = configure(LOSSES, "sc_cm", margin=0.2, num_centers=2)
OPTIM = Sgd()
INPUT_DIM = 80
NETWORKS = ["res2net50_w8_s6_c16", "res2net50_w24_s4_c32", "res2net200_w24_s4_c32_att"]


@dataclass(frozen=True)
class Way:
    """How a step is computed. ``kind``: "plain" (as one would write it), "ours", "inference"."""

    kind: str
    precision: str = "fp32"
    channels_last: bool = False
    compile: bool = False
    cuda_graph: bool = False
    deterministic: bool = False
    recompute: bool = False

    def config(self, batch_size: int, accumulate: int) -> TrainConfig:
        """Return the training settings of this way."""
        fields = ("precision", "channels_last", "compile", "cuda_graph", "deterministic")
        chosen = {name: getattr(self, name) for name in fields}
        return TrainConfig(batch_size=batch_size, accumulate=accumulate, **chosen)


_BEST = Way("ours", "bf16", channels_last=True, compile=True, cuda_graph=True)

WAYS = {
    "plain_fp32": Way("plain", "fp32"),
    "plain_bf16": Way("plain", "bf16"),
    "ours_fp32": Way("ours", "fp32"),
    "ours_fp32_channels_last": Way("ours", "fp32", channels_last=True),
    "ours_bf16_channels_last": Way("ours", "bf16", channels_last=True),
    "ours_eager": replace(_BEST, compile=False, cuda_graph=False),
    "ours_graph": replace(_BEST, compile=False),
    "ours_compile": replace(_BEST, cuda_graph=False),
    "ours": _BEST,
    "ours_fp16": replace(_BEST, precision="fp16"),
    "ours_deterministic": replace(_BEST, deterministic=True),
    "ours_recompute": replace(_BEST, compile=False, recompute=True),
    "inference": Way("inference", "bf16", channels_last=True),
}

Update = Callable[[Iterator[MicroBatch]], object]


def device_name(device: torch.device) -> str:
    """Return what records call a device."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"


def build_update(
    name: str,
    way: Way,
    world: World,
    batch_size: int,
    accumulate: int,
    num_classes: int,
    front_end: nn.Module | None = None,
) -> Update:
    """Return a function that takes ``accumulate`` micro-batches and updates fresh weights.

    ``front_end``: of ours, for micro-batches of waveforms.
    """
    config = way.config(batch_size, accumulate)
    set_arithmetic(config)
    objective = build_objective(name, config, num_classes, recompute=way.recompute)
    objective.to(world.device).train()
    if way.kind == "ours":
        updater = Updater(objective, config, OPTIM, world, front_end)
        return lambda batches: updater(batches, 0.01, LOSS.full_margin)
    if way.kind == "plain":
        return _plain(objective, accumulate, world.device)
    return _inference(objective.eval(), accumulate, world.device)


def build_objective(
    name: str, config: TrainConfig, num_classes: int, *, recompute: bool = False
) -> Objective:
    """Return network and loss with fresh weights."""
    torch.manual_seed(0)
    options = {"recompute_activations": True} if recompute else {}
    model = build_model(configure(MODELS, name, **options), input_dim=INPUT_DIM)
    loss = build_loss(LOSS, embedding_dim=model.embedding_dim, num_classes=num_classes)
    return Objective(model, loss, config)


def _plain(objective: Objective, accumulate: int, device: torch.device) -> Update:
    """Return what an ordinary loop does: nothing fused, one operation a parameter."""
    parameters = list(objective.parameters())
    optimizer = torch.optim.SGD(parameters, lr=0.01, momentum=OPTIM.momentum)
    margin = torch.tensor(LOSS.full_margin, device=device)

    def update(batches: Iterator[MicroBatch]) -> None:
        optimizer.zero_grad()
        for _ in range(accumulate):
            inputs, labels = next(batches)
            assert isinstance(inputs, Tensor)
            loss, _ = objective(inputs.to(device), labels.to(device), margin)
            (loss / accumulate).backward()
        with torch.no_grad():
            for parameter in parameters:
                assert parameter.grad is not None
                parameter.grad.add_(parameter, alpha=OPTIM.weight_decay)
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()

    return update


def _inference(objective: Objective, accumulate: int, device: torch.device) -> Update:
    def update(batches: Iterator[MicroBatch]) -> None:
        with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16):
            for _ in range(accumulate):
                inputs = next(batches).inputs
                assert isinstance(inputs, Tensor)
                objective.model(inputs.to(device, non_blocking=True))

    return update
