"""Weights on disk."""

import logging
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from speakernet.config import UserError, configure
from speakernet.nn.models import MODELS, build_model
from speakernet.nn.serialize import find_checkpoints, load_model, read_checkpoint, save_model

NAME = "tdy_resnet10_sixteenth"


def make_checkpoint(seed: int = 0) -> dict[str, Any]:
    torch.manual_seed(seed)
    model = build_model(configure(MODELS, NAME), input_dim=64)
    recipe = f"model: {{name: {NAME}}}\nother: 1\n"
    return {"format_version": 1, "model": model.state_dict(), "recipe": recipe, "input_dim": 64}


def write(exp_dir: Path, name: str, seed: int, age: int) -> Path:
    path = exp_dir / "checkpoints" / name
    path.parent.mkdir(exist_ok=True)
    save_model(path, make_checkpoint(seed))
    os.utime(path, (1e9 - age, 1e9 - age))
    return path


def stem_of(exp_dir: Path, checkpoint: Path | None = None) -> torch.Tensor:
    model, _ = load_model(exp_dir, checkpoint)
    return model.get_parameter("conv.weight")


def test_loaded_network_is_ready_for_evaluation(tmp_path: Path) -> None:
    write(tmp_path, "epoch-001.pt", 0, 0)
    model, data = load_model(tmp_path)
    assert not model.training
    assert {float(t) for t in model.temperatures()} == {1.0}
    assert data["input_dim"] == 64


def test_final_then_newest_is_loaded_and_a_damaged_one_skipped(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    old = write(tmp_path, "epoch-001.pt", 1, age=20)
    new = write(tmp_path, "epoch-002.pt", 2, age=10)
    final = write(tmp_path, "final.pt", 3, age=30)
    assert find_checkpoints(tmp_path) == [final, new, old]
    assert torch.equal(stem_of(tmp_path), make_checkpoint(3)["model"]["conv.weight"])
    final.unlink()
    new.write_bytes(new.read_bytes()[:1000])
    with caplog.at_level(logging.WARNING):
        assert torch.equal(stem_of(tmp_path), make_checkpoint(1)["model"]["conv.weight"])
    assert "epoch-002.pt" in caplog.text
    assert torch.equal(stem_of(tmp_path, old), make_checkpoint(1)["model"]["conv.weight"])


def test_order_is_by_number_whatever_the_times(tmp_path: Path) -> None:
    names = ("final", "step-00000700", "epoch-1000", "epoch-999", "epoch-000", "best")
    for age, name in enumerate(names):
        write(tmp_path, f"{name}.pt", 1, age=100 - age)
    assert [path.stem for path in find_checkpoints(tmp_path)] == list(names)


def test_one_flipped_bit_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "x.pt"
    save_model(path, make_checkpoint())
    whole = path.read_bytes()
    expected = read_checkpoint(path)
    random = np.random.default_rng(0)
    unnoticed = 0
    for place in random.integers(len(whole), size=150):
        data = bytearray(whole)
        data[place] ^= 1 << int(random.integers(8))
        path.write_bytes(data)
        try:
            found = read_checkpoint(path)
        except UserError:
            continue
        unnoticed += 1
        # Padding and times in the zip: nothing that is read.
        for name, value in expected["model"].items():
            assert torch.equal(found["model"][name], value)
    assert unnoticed < 75


def test_mistakes_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no readable checkpoint"):
        load_model(tmp_path)
    path = tmp_path / "x.pt"
    with pytest.raises(UserError, match="no such file"):
        read_checkpoint(path)
    save_model(path, {"weights": 1})
    with pytest.raises(UserError, match="'model'"):
        read_checkpoint(path)
    save_model(path, {**make_checkpoint(), "format_version": 99})
    with pytest.raises(UserError, match="format 99"):
        read_checkpoint(path)
    save_model(path, {**make_checkpoint(), "recipe": "model: {name: tdnn}"})
    with pytest.raises(UserError, match="do not fit"):
        load_model(tmp_path, path)
    save_model(path, {**make_checkpoint(), "recipe": "model: {nam: tdnn}"})
    with pytest.raises(UserError, match="no 'model' with a name"):
        load_model(tmp_path, path)
    save_model(path, {**make_checkpoint(), "recipe": "model: {name: tdnn, channels: 3}"})
    with pytest.raises(UserError, match="x.pt: its recipe has no valid 'model': .*'channels'"):
        load_model(tmp_path, path)
    save_model(path, {**make_checkpoint(), "format_version": torch.ones(2)})
    with pytest.raises(UserError, match="has format tensor"):
        read_checkpoint(path)


_DOUBLES = (f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 40))
_BOMB = "\n".join(["a0: &a0 [x, x]", *_DOUBLES])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"{_BOMB}\nmodel: {{name: tdnn_c8, channels: *a39}}", "with all aliases"),
        ("model: &m {name: tdnn_c8, channels: *m}", "with all aliases"),
        ("model: " + "[" * 4000, "nested too deeply"),
        ("model: {name: 2020-13-99}", "looks like a date"),
        ("model: tdnn_c8", "no 'model' with a name"),
    ],
)
def test_a_recipe_in_a_checkpoint_is_no_trap(text: str, message: str, tmp_path: Path) -> None:
    save_model(tmp_path / "x.pt", {**make_checkpoint(), "recipe": text})
    with pytest.raises(UserError, match=f"x.pt: its recipe.*{message}"):
        load_model(tmp_path, tmp_path / "x.pt")


def test_checkpoints_of_earlier_versions_are_read(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = build_model(configure(MODELS, "tdnn_c8", pooling="asp"), input_dim=5)
    recipe = """
model: {name: tdnn_c8, embedding_dim: null, pooling: asp, recompute_activations: false}
loss: {name: cm, num_centers: 1}
"""
    path = tmp_path / "x.pt"
    save_model(path, {"model": model.state_dict(), "recipe": recipe, "input_dim": 5})
    x = torch.randn(1, 30, 5)
    assert torch.equal(load_model(tmp_path, path)[0](x), model.eval()(x))


class Payload:
    """An object whose unpickling would run code."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch ran",)


def test_code_in_a_file_does_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"model": Payload()}, tmp_path / "x.pt")
    with pytest.raises(UserError, match="holds more than numbers and text: [a-z]+.system"):
        read_checkpoint(tmp_path / "x.pt")
    assert not (tmp_path / "ran").exists()


def test_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "x.pt"
    save_model(path, make_checkpoint())
    before = path.read_bytes()
    with pytest.raises(AttributeError):
        save_model(path, {"model": lambda: None})
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
