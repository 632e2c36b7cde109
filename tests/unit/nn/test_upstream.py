"""The forms in which upstream checkpoints come, and the experiment made of one."""

from collections.abc import Mapping
from pathlib import Path

import pytest
import torch

from speakernet.bin.convert_tdy import main
from speakernet.config import UserError, configure
from speakernet.nn.models import MODELS, build_model
from speakernet.nn.serialize import load_model
from speakernet.nn.upstream import convert

NAME = "tdy_resnet10_sixteenth"
BACK = {
    ".attention.reduce.": ".attention.fc1.",
    ".attention.norm.": ".attention.bn.",
    ".attention.expand.": ".attention.fc2.",
    ".norm1.": ".bn1.",
    ".norm2.": ".bn2.",
    ".shortcut.": ".downsample.",
}


def upstream_name(name: str) -> str:
    for ours, theirs in BACK.items():
        name = name.replace(ours, theirs)
    first, _, rest = name.partition(".")
    if first == "stages":
        number, _, rest = rest.partition(".")
        return f"layer{int(number) + 1}.{rest}"
    return f"{ {'conv': 'conv1', 'norm': 'bn1', 'dense': 'fc'}[first] }.{rest}"


def upstream_state() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    state = build_model(configure(MODELS, NAME), input_dim=64).state_dict()
    kept = {n: v for n, v in state.items() if not n.endswith("temperature")}
    return {upstream_name(n): v for n, v in kept.items()}


def with_prefix(prefix: str, state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {f"{prefix}{name}": value for name, value in state.items()}


def test_all_forms_give_the_same_network() -> None:
    bare = upstream_state()
    loss = {"__L__.softmax.fc.weight": torch.ones(3, 512), "__L__.angleproto.w": torch.ones(())}
    marked = {**with_prefix("__S__.", bare), **loss, "__S__.torchfb.0.mel_scale.fb": torch.ones(2)}
    forms = {
        "bare": bare,
        "model": {"model": bare},
        "module": with_prefix("module.", bare),
        "trainer": {"model_state_dict": with_prefix("module.", marked), "optimizer_state_dict": {}},
        "inner module": {"model": {**with_prefix("__S__.module.", bare), **loss}},
    }
    expected = convert(forms.pop("bare"), "x")
    assert expected.config.name == NAME
    for name, form in forms.items():
        converted = convert(form, name)
        assert converted.config == expected.config
        assert converted.model.keys() == expected.model.keys()
        assert all(torch.equal(v, expected.model[n]) for n, v in converted.model.items())
    assert set(converted.loss) == {"softmax.dense.weight", "prototypical.scaled.slope"}


def test_experiment_can_be_loaded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "published.model"
    torch.save({"model_state_dict": with_prefix("__S__.", upstream_state())}, source)
    assert main([str(source), str(tmp_path / "exp")]) == 0
    assert NAME in capsys.readouterr().out
    model, data = load_model(tmp_path / "exp")
    assert torch.equal(model.get_parameter("conv.weight"), upstream_state()["conv1.weight"])
    assert (tmp_path / "exp" / "recipe.yaml").read_text() == data["recipe"]
    with pytest.raises(UserError, match="exists"):
        main([str(source), str(tmp_path / "exp")])


def test_mistakes_are_named(tmp_path: Path) -> None:
    state = upstream_state()
    wrong_shape = {**state, "bn1.weight": torch.ones(7)}
    cases = [
        ([], "no state dict"),
        ({"a": 1}, "no state dict"),
        ({"a": torch.ones(1)}, "neither a ResNet nor a VGG"),
        ({n: v for n, v in state.items() if n != "bn1.bias"}, "lacks 'norm.bias'"),
        ({**state, "layer9.x": torch.ones(1)}, "unknown"),
        ({**state, "conv1.weight": torch.ones(64, 1, 7, 7)}, "64 channels"),
        ({n: v for n, v in state.items() if not n.startswith("fc")}, "no layer 'fc'"),
        ({**state, "fc.weight": torch.ones(())}, "no layer 'fc'"),
        ({**state, "bn1.bias": state["bn1.bias"].double()}, "'norm.bias' is of torch.float64"),
        (
            {**state, "bn1.bias": state["bn1.bias"] / 0},
            "'norm.bias' has .* not finite",
        ),
        (wrong_shape, r"'norm.weight' is \(7,\); expected \(4,\)"),
    ]
    for checkpoint, message in cases:
        with pytest.raises(UserError, match=message):
            convert(checkpoint, "x.model")
    (tmp_path / "x.model").write_text("nothing")
    with pytest.raises(UserError, match="not a checkpoint"):
        main([str(tmp_path / "x.model"), str(tmp_path / "exp")])


def test_flipped_bits_are_noticed(tmp_path: Path) -> None:
    torch.save(upstream_state(), tmp_path / "x.model")
    content = bytearray((tmp_path / "x.model").read_bytes())
    content[len(content) // 2] ^= 4
    (tmp_path / "x.model").write_bytes(content)
    with pytest.raises(UserError, match="the checksum of .* is wrong"):
        main([str(tmp_path / "x.model"), str(tmp_path / "exp")])
    assert not (tmp_path / "exp").exists()
