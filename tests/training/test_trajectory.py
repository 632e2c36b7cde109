"""200 updates of a voxsrc2020 training beside a plain loop in float64, by its equations."""

import copy
import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from speakernet.bin import train
from speakernet.nn.losses import SpeakerLoss
from speakernet.nn.models import SpeakerModel
from tests.training.corpus import write_features, write_recipe

SPEAKERS, CENTERS, DIM, SCALE, MARGIN = 30, 2, 16, 32.0, 0.2
PER_EPOCH, BASE_RATE, WARMUP, HOLD, DECAY = 10, 0.005, 3, 13, 20
Batch = tuple[Tensor, Tensor]


@contextmanager
def captured(batches: list[Batch], starts: list[nn.Module]) -> Iterator[None]:
    """Note the crops and labels of each update, and network and loss as they were at first."""

    def note(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        if isinstance(module, SpeakerModel):
            if not starts:
                starts.append(copy.deepcopy(module).double())
            batches.append((inputs[0].double(), torch.empty(0)))
        elif isinstance(module, SpeakerLoss):
            if len(starts) == 1:
                starts.append(copy.deepcopy(module).double())
            batches[-1] = (batches[-1][0], inputs[1])

    hook = nn.modules.module.register_module_forward_pre_hook(note)
    try:
        yield
    finally:
        hook.remove()


def learning_rate(step: int) -> float:
    """Linear warm-up, constant, then half of it for each epoch that has begun."""
    epoch = step / PER_EPOCH
    halvings = max(math.ceil(epoch) - HOLD, 0)
    return BASE_RATE * min(epoch / WARMUP, 1.0) * 0.5**halvings


def margin(step: int) -> float:
    """0 up to the warm-up's end, then a step up with each epoch that has begun."""
    share = (math.ceil(step / PER_EPOCH) - WARMUP) / (HOLD - WARMUP)
    return MARGIN * min(max(share, 0.0), 1.0)


def plain_loss(embeddings: Tensor, weight: Tensor, labels: Tensor, m: float) -> Tensor:
    """Sub-center cm softmax: s · (cos(θ + m) − m²/2) at the speaker's nearest center."""
    rows = embeddings / embeddings.square().sum(1, keepdim=True).clamp_min(1e-5).sqrt()
    centers = weight / weight.square().sum(1, keepdim=True).clamp_min(1e-5).sqrt()
    cosine = (rows @ centers.T).view(len(rows), SPEAKERS, CENTERS).amax(2).clamp(-1, 1)
    target = torch.cos(torch.acos(cosine.gather(1, labels[:, None])) + m) - m * m / 2
    return cross_entropy(SCALE * cosine.scatter(1, labels[:, None], target), labels)


def plain_training(network: nn.Module, loss: nn.Module, batches: list[Batch]) -> list[float]:
    """Momentum 0.9, L2 of 1e-3 on all kernels, the norm of all gradients clipped to 1."""
    (weight,) = loss.parameters()
    parameters = [*network.parameters(), weight]
    velocities = [torch.zeros_like(parameter) for parameter in parameters]
    losses = []
    for step, (crops, labels) in enumerate(batches):
        value = plain_loss(network(crops), weight, labels, margin(step))
        losses.append(float(value.detach()))
        decay = sum(parameter.square().sum() for parameter in parameters)
        gradients = torch.autograd.grad(value + 1e-3 / 2 * decay, parameters)
        norm = float(sum(gradient.square().sum() for gradient in gradients)) ** 0.5
        with torch.no_grad():
            for parameter, velocity, gradient in zip(
                parameters, velocities, gradients, strict=True
            ):
                velocity.mul_(0.9).add_(gradient / max(norm, 1.0))
                parameter.sub_(learning_rate(step) * velocity)
    return losses


def test_training_follows_the_equations(tmp_path: Path) -> None:
    data = write_features(tmp_path / "data", num_speakers=SPEAKERS, num_each=4)
    rate = {"type": "warmup_hold_halve", "warmup_epochs": WARMUP, "hold_until": HOLD}
    steps = {"type": "linear_staircase", "start_epoch": WARMUP, "end_epoch": HOLD}
    recipe = write_recipe(
        tmp_path / "recipe.yaml",
        loss={"name": "sc_cm", "margin": MARGIN, "initial_weights": "orthogonal"},
        data={"order": "skip", "num_workers": 0},
        optim={"learning_rate": BASE_RATE, "reference_batch": None},
        schedule={"learning_rate": {**rate, "decay_until": DECAY}, "margin": steps},
        train={"epochs": DECAY, "utterances_per_epoch": 8 * PER_EPOCH, "log_steps": 1},
    )
    batches: list[Batch] = []
    starts: list[nn.Module] = []
    with captured(batches, starts):
        assert train.main([str(recipe), str(data), str(tmp_path / "exp")]) == 0
    entries = map(json.loads, (tmp_path / "exp/train.jsonl").read_text().splitlines())
    log = [(entry["loss"], entry["learning_rate"], entry["margin"]) for entry in entries]
    assert len(log) == len(batches) == DECAY * PER_EPOCH

    kernel = next(starts[1].parameters()).view(SPEAKERS, CENTERS, DIM).permute(1, 2, 0)
    rows = kernel.reshape(CENTERS * DIM, SPEAKERS)  # 32 of 30: the columns are orthonormal
    torch.testing.assert_close(rows.T @ rows, torch.eye(SPEAKERS).double(), atol=1e-5, rtol=0)
    expected = plain_training(starts[0], starts[1], batches)
    assert [entry[0] for entry in log] == pytest.approx(expected, rel=1e-4)
    for step, (_, rate_then, margin_then) in enumerate(log):
        assert rate_then == pytest.approx(learning_rate(step), rel=1e-6)
        assert margin_then == pytest.approx(margin(step), rel=1e-6)
