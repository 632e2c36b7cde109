"""Averages of weights by their formulas."""

import os
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from speakernet.config import UserError
from speakernet.nn.serialize import save_model
from speakernet.train.averaging import MovingAverage, average_checkpoints, write_final
from speakernet.train.checkpoint import CheckpointDir
from speakernet.train.config import TrainConfig


def network() -> nn.BatchNorm1d:
    """Weights, running statistics, and a counter that is no floating-point number."""
    return nn.BatchNorm1d(2).eval()


def fill(model: nn.Module, value: float) -> None:
    for tensor in model.state_dict().values():
        tensor.fill_(value)


def test_a_moving_average_follows_slowly() -> None:
    model = network()
    fill(model, 8)
    average = MovingAverage(model, 0.75)
    expected = 8.0
    for value in (0, 4):
        fill(model, value)
        average.update()
        expected = 0.75 * expected + 0.25 * value
    state = average.state_dict()
    assert state.keys() == model.state_dict().keys()
    for name in ("weight", "bias", "running_mean", "running_var"):
        assert state[name].tolist() == [expected] * 2
    assert state["num_batches_tracked"] == 4


def test_a_model_has_the_average_for_a_while_only() -> None:
    model = network()
    fill(model, 8)
    average = MovingAverage(model, 0.5)
    fill(model, 4)
    with pytest.raises(KeyError), average.applied():
        assert model.weight.tolist() == model.running_mean.tolist() == [8, 8]  # type: ignore[union-attr]
        raise KeyError
    assert model.weight.tolist() == [4, 4]
    average.update()
    with average.applied():
        assert model.weight.tolist() == [6, 6]


def test_a_moving_average_starts_again_and_is_restored() -> None:
    model = network()
    fill(model, 8)
    first, other = MovingAverage(model, 0.5), MovingAverage(network(), 0.5)
    other.load_state_dict(first.state_dict())
    fill(model, 0)
    assert other.state_dict()["weight"].tolist() == [8, 8]
    first.restart()
    assert first.state_dict()["weight"].tolist() == [0, 0]


def test_without_a_decay_there_is_none() -> None:
    model = network()
    average = MovingAverage(model, None)
    fill(model, 8)
    average.update()
    assert average.state_dict() == {}
    average.load_state_dict({})
    with average.applied():
        assert model.weight.tolist() == [8, 8]


def write(path: Path, value: float, *, shape: int = 2, **more: Any) -> Path:
    tensors = {"w": torch.full((shape,), value), "n": torch.tensor(int(value))}
    state = {"model": tensors, "loss": {"c": torch.full((3,), -value)}, "step": int(value), **more}
    save_model(path, state)
    return path


def test_checkpoints_are_averaged_but_for_what_cannot_be(tmp_path: Path) -> None:
    big = 2.0**24
    values = (big, big + 2, big + 4)
    paths = [
        write(tmp_path / f"{n}.pt", value, optimizer={}, scaler={}, ema={}, epoch=n)
        for n, value in enumerate(values)
    ]
    result = average_checkpoints(paths)
    # Sums in float32 would lose what the values differ by.
    assert result["model"]["w"].tolist() == [big + 2] * 2
    assert result["model"]["w"].dtype == torch.float32
    assert result["loss"]["c"].tolist() == [-big - 2] * 3
    assert result["model"]["n"] == big + 4
    assert (result["step"], result["epoch"]) == (big + 4, 2)
    assert not {"optimizer", "scaler", "ema"} & result.keys()


def test_networks_that_differ_have_no_average(tmp_path: Path) -> None:
    paths = [write(tmp_path / f"{n}.pt", 1.0, shape=n) for n in (2, 2, 5)]
    with pytest.raises(
        UserError, match=r"5\.pt: its weights differ from those of .*2\.pt: 'w' is \(5,\); expected"
    ):
        average_checkpoints([paths[0], paths[2]])


def test_nothing_has_no_average(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no checkpoints to average"):
        average_checkpoints([])
    save_model(tmp_path / "x.pt", {"model": {}})
    with pytest.raises(UserError, match="at least one"):
        average_checkpoints([tmp_path / "x.pt"])


@pytest.fixture
def checkpoints(tmp_path: Path) -> CheckpointDir:
    found = CheckpointDir(tmp_path, keep=9)
    found.prepare()
    for epoch in range(5):
        ema = {"w": torch.full((2,), 100.0 + epoch)}
        write(found.path / f"epoch-{epoch:03d}.pt", float(epoch), ema=ema)
    return found


def final_weight(checkpoints: CheckpointDir, **settings: Any) -> float:
    train = TrainConfig.model_validate({"num_valid_speakers": 2, **settings})
    write_final(checkpoints, train)
    return float(torch.load(checkpoints.path / "final.pt")["model"]["w"][0])


@pytest.mark.parametrize(
    ("settings", "without_best", "with_best"),
    [
        ({"final": "last"}, 4, 4),
        ({"final": "best"}, 4, 2),
        ({"final": "average", "average_last": 3}, 3, 3),
        ({"final": "average", "average_last": 50}, 2.5, 2.5),
        ({"final": "last", "ema_decay": 0.9}, 104, 104),
        ({"final": "best", "ema_decay": 0.9}, 104, 102),
    ],
)
def test_final_weights(
    checkpoints: CheckpointDir, settings: dict[str, Any], without_best: float, with_best: float
) -> None:
    assert final_weight(checkpoints, **settings) == without_best
    checkpoints.link(checkpoints.path / "epoch-002.pt", "best.pt")
    assert final_weight(checkpoints, **settings) == with_best


def test_last_weights_are_no_copy(checkpoints: CheckpointDir) -> None:
    final_weight(checkpoints, final="last")
    assert os.path.samefile(checkpoints.path / "final.pt", checkpoints.path / "epoch-004.pt")
