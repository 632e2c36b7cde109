"""Network and loss as one module: precision, frozen statistics, memory formats."""

from typing import Any, NamedTuple

import pytest
import torch
from torch import Tensor, nn

from speakernet.config import UserError
from speakernet.train.config import TrainConfig
from speakernet.train.objective import Objective, autocast, check_precision

CPU = torch.device("cpu")


class Network(nn.Module):
    """Convolutions, a batch norm, a dense layer; it notes the type that it computes with."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, 2, 3)
        self.conv = nn.Conv2d(2, 3, 3)
        self.norm = nn.BatchNorm2d(3)
        self.dense = nn.Linear(3, 2)
        self.dtype = torch.float64

    def forward(self, x: Tensor) -> Tensor:
        maps = self.norm(self.conv(self.first(x.unsqueeze(1))))
        self.dtype = maps.dtype
        return self.dense(maps.mean(dim=(2, 3)))


class Output(NamedTuple):
    loss: Tensor
    accuracy: Tensor


class Loss(nn.Module):
    """The sum of all embeddings plus the margin; it notes the type that it gets."""

    def forward(self, embeddings: Tensor, labels: Tensor, margin: Tensor) -> Output:
        self.was_autocast = torch.is_autocast_enabled("cpu")
        return Output(embeddings.float().sum() + margin, labels.float().mean())


def parts_of(**settings: Any) -> tuple[Objective, Network, Loss]:
    torch.manual_seed(0)
    network, loss = Network(), Loss()
    return Objective(network, loss, TrainConfig(**settings)), network, loss  # type: ignore[arg-type]


INPUTS = torch.randn(4, 9, 8, generator=torch.Generator().manual_seed(0))
LABELS = torch.tensor([0, 1, 1, 1])


def test_loss_and_accuracy_come_from_the_loss() -> None:
    objective, _, _ = parts_of()
    with torch.no_grad():
        loss, accuracy = objective(INPUTS, LABELS, torch.tensor(0.0))
        more, _ = objective(INPUTS, LABELS, torch.tensor(0.5))
    assert float(more - loss) == pytest.approx(0.5, abs=1e-5)
    assert accuracy == 0.75


@pytest.mark.parametrize(
    ("precision", "dtype"), [("fp32", torch.float32), ("bf16", torch.bfloat16)]
)
def test_the_network_has_the_precision_and_the_loss_has_its_own(
    precision: str, dtype: torch.dtype
) -> None:
    objective, network, loss = parts_of(precision=precision)
    objective(INPUTS, LABELS, torch.tensor(0.0))
    assert network.dtype == dtype
    assert loss.was_autocast is False
    with autocast(precision, CPU):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == dtype


@pytest.mark.parametrize("frozen", [True, False])
def test_frozen_norms_stay_in_evaluation(frozen: bool) -> None:
    objective, network, _ = parts_of(batch_norm="frozen" if frozen else "per_process")
    objective.train()
    assert network.norm.training is not frozen
    assert objective.training and network.conv.training
    before = network.state_dict()["norm.running_mean"].clone()
    objective(INPUTS, LABELS, torch.tensor(0.0))
    assert torch.equal(before, network.state_dict()["norm.running_mean"]) is frozen
    objective.eval()
    assert not network.norm.training and not network.conv.training


def test_only_kernels_of_maps_are_stored_channels_last() -> None:
    (_, changed, _), (_, plain, _) = parts_of(channels_last=True), parts_of()
    assert changed.conv.weight.is_contiguous(memory_format=torch.channels_last)
    assert changed.dense.weight.is_contiguous()
    assert plain.conv.weight.is_contiguous() and not changed.conv.weight.is_contiguous()
    assert torch.equal(plain.conv.weight, changed.conv.weight)


def test_what_a_device_cannot_do_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    gpu = torch.device("cuda", 0)
    with pytest.raises(UserError, match="fp16 needs a GPU"):
        check_precision("fp16", CPU)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: False)
    with pytest.raises(UserError, match="this GPU has no bf16; use fp16 or fp32"):
        check_precision("bf16", gpu)
    for precision, device in (("fp32", CPU), ("bf16", CPU), ("fp16", gpu), ("fp32", gpu)):
        check_precision(precision, device)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: True)
    check_precision("bf16", gpu)
