"""The forms in which upstream checkpoints come, and the experiment made of one."""

from collections.abc import Mapping
from pathlib import Path

import pytest
import torch

from speakernet.bin.convert_checkpoint import main
from speakernet.config import UserError
from speakernet.nn.serialize import load_model
from speakernet.nn.upstream import convert
from tests.published_states import TDY_NAME, golden_state, tdy_state


def with_prefix(prefix: str, state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {f"{prefix}{name}": value for name, value in state.items()}


def test_all_forms_give_the_same_network() -> None:
    bare = tdy_state()
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
    assert expected.config.name == TDY_NAME
    for name, form in forms.items():
        converted = convert(form, name)
        assert converted.config == expected.config
        assert converted.model.keys() == expected.model.keys()
        assert all(torch.equal(v, expected.model[n]) for n, v in converted.model.items())
    assert set(converted.loss) == {"softmax.dense.weight", "prototypical.scaled.slope"}


def test_experiment_can_be_loaded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "published.model"
    torch.save({"model_state_dict": with_prefix("__S__.", tdy_state())}, source)
    assert main([str(source), str(tmp_path / "exp")]) == 0
    assert TDY_NAME in capsys.readouterr().out
    model, data = load_model(tmp_path / "exp")
    assert torch.equal(model.get_parameter("conv.weight"), tdy_state()["conv1.weight"])
    assert (tmp_path / "exp" / "recipe.yaml").read_text() == data["recipe"]
    with pytest.raises(UserError, match="exists"):
        main([str(source), str(tmp_path / "exp")])


def test_mistakes_are_named(tmp_path: Path) -> None:
    state = tdy_state()
    wrong_shape = {**state, "bn1.weight": torch.ones(7)}
    cases = [
        ([], "no state dict"),
        ({"a": 1}, "no state dict"),
        ({"a": torch.ones(1)}, "is none of the networks that can be read: "),
        ({n: v for n, v in state.items() if n != "bn1.bias"}, "lacks 'norm.bias'"),
        ({**state, "layer9.x": torch.ones(1)}, "unknown"),
        ({"model": state, "state_dict": {}}, "several state dicts: state_dict, model; expected"),
        ({**state, "conv1.weight": torch.ones(64, 1, 7, 7)}, "64 channels"),
        ({**state, "fc.weight": torch.ones(())}, "'fc.weight' has 0 dimensions; expected 2"),
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
    torch.save(state, tmp_path / "x.model", _use_new_zipfile_serialization=False)
    with pytest.raises(UserError, match=r"found a file of torch before 1\.6 .*weights_only=True"):
        main([str(tmp_path / "x.model"), str(tmp_path / "exp")])
    (tmp_path / "x.model").write_text("nothing")
    with pytest.raises(UserError, match="not a checkpoint"):
        main([str(tmp_path / "x.model"), str(tmp_path / "exp")])


def test_flipped_bits_are_noticed(tmp_path: Path) -> None:
    torch.save(tdy_state(), tmp_path / "x.model")
    content = bytearray((tmp_path / "x.model").read_bytes())
    content[len(content) // 2] ^= 4
    (tmp_path / "x.model").write_bytes(content)
    with pytest.raises(UserError, match="the checksum of .* is wrong"):
        main([str(tmp_path / "x.model"), str(tmp_path / "exp")])
    assert not (tmp_path / "exp").exists()


def test_what_other_systems_files_hold_beside_the_network_is_left_out() -> None:
    state = golden_state("resnet18_c8")
    beside = {"projection.weight": torch.ones(5, 256), "projection.bias": torch.ones(5)}
    converted = convert({"state_dict": {**state, **beside}}, "avg_model.pt")
    assert (converted.config.name, converted.input_dim) == ("resnet18_c8", 80)
    assert not [name for name in converted.model if "projection" in name]


def without(state: Mapping[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {name: value for name, value in state.items() if not name.startswith(prefix)}


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("resnet18_c8", {"seg_2.weight": torch.ones(2, 2)}, "two_emb_layer: true, which there is"),
        ("resnet18_c8", {"pool.linear1.weight": torch.ones(2, 2)}, "another pooling than TSTP"),
        ("resnet18_c8", {"layer1.2.bn1.bias": torch.ones(8)}, r"ResNet of \(3, 2, 2, 2\) blocks"),
        ("ecapa_tdnn_c32", {"bn2.bias": torch.ones(192)}, "emb_bn: true"),
        ("ecapa_speechbrain_c64", {"mfa.conv.conv.weight": torch.ones(9, 9, 1)}, "64 and 9 chan"),
        ("resnetse34_v2", {"fc.weight": torch.ones(512, 2048)}, "the pooling SAP"),
        ("campplus_g8", {"head.conv1.weight": torch.ones(())}, "has 0 dimensions; expected 4"),
    ],
)
def test_sizes_that_there_are_none_of_are_named(
    name: str, change: dict[str, torch.Tensor], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        convert({**golden_state(name), **change}, "x.pt")


def test_other_mel_bins_than_the_recipes_are_refused(tmp_path: Path) -> None:
    state = golden_state("ecapa_tdnn_c32")
    state["layer1.conv.weight"] = state["layer1.conv.weight"][:, :72].clone()
    torch.save(state, tmp_path / "avg_model.pt")
    with pytest.raises(UserError, match="takes 72 values a frame, 'fbank80_.*' of .* has 80; name"):
        main([str(tmp_path), str(tmp_path / "exp")])
    assert not (tmp_path / "exp").exists()


def test_a_folder_is_taken_for_the_file_in_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "published"
    folder.mkdir()
    with pytest.raises(UserError, match="folder with avg_model.pt or embedding_model.ckpt"):
        main([str(folder), str(tmp_path / "exp")])
    torch.save(golden_state("ecapa_speechbrain_c64"), folder / "embedding_model.ckpt")
    assert main([str(folder), str(tmp_path / "exp")]) == 0
    assert "ecapa_speechbrain_c64, read as an ECAPA-TDNN of SpeechBrain" in capsys.readouterr().out
    assert load_model(tmp_path / "exp")[0].embedding_dim == 192
