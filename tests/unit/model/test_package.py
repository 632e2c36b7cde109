"""A package is written whole, and refused unless every file is what its description says."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

import speakernet
from speakernet.config import UserError
from speakernet.model.description import PACKAGED_FILES
from speakernet.model.results import Embedding
from tests import packaged_model

Change = Callable[[dict[str, Any]], None]


@pytest.fixture
def package(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made / "package", tmp_path / "package"))


def change_description(package: Path, change: Change) -> None:
    path = package / "model.json"
    values = json.loads(path.read_text())
    change(values)
    path.write_text(json.dumps(values))


def replace_file(package: Path, name: str, data: bytes) -> None:
    """Put other bytes in a file, and their size and checksum in the description."""
    (package / name).write_bytes(data)
    entry = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    change_description(package, lambda values: values["files"].update({name: entry}))


def test_has_what_it_should(package: Path) -> None:
    assert sorted(os.listdir(package)) == sorted(PACKAGED_FILES)
    weights = safetensors.numpy.load((package / "weights.safetensors").read_bytes())
    assert not any("centers" in name or "loss" in name for name in weights)  # no classifier
    values = json.loads((package / "model.json").read_text())
    assert values["front_end"]["fbank"]["low_freq"] == 40
    assert values["cohort_size"] == packaged_model.SPEAKERS
    slope, offset = values["calibration"]["weight"], values["calibration"]["offset"]
    for threshold in values["thresholds"]:
        prior = threshold["p_target"]
        assert threshold["llr"] == pytest.approx(np.log((1 - prior) / prior))
        assert offset + slope * threshold["score"] == pytest.approx(threshold["llr"])
    card = (package / "README.md").read_text()
    assert "tdnn_c8" in card and "fitted at a prior of 0.05" in card


@pytest.mark.parametrize("name", ["weights.safetensors", "cohort.safetensors", "recipe.yaml"])
def test_every_file_is_checked(package: Path, name: str) -> None:
    data = (package / name).read_bytes()
    for changed, problem in (
        (data[:-1], f"{name}: has {len(data) - 1} bytes; expected {len(data)}"),
        (data + b" ", f"{name}: has {len(data) + 1} bytes"),
        (data[:-1] + bytes([data[-1] ^ 1]), "it was changed"),
    ):
        (package / name).write_bytes(changed)
        with pytest.raises(UserError, match=problem):
            speakernet.load_model(package)
    (package / name).unlink()
    with pytest.raises(UserError, match=f"{name}: no such file"):
        speakernet.load_model(package)


def test_the_card_may_be_edited(package: Path) -> None:
    (package / "README.md").write_text("mine")
    assert speakernet.load_model(package).dim == 12


def test_refuses_tensors_that_do_not_fit(package: Path) -> None:
    name = "weights.safetensors"
    good = safetensors.numpy.load((package / name).read_bytes())
    first = next(key for key, value in good.items() if value.ndim > 1)
    bad = {
        "lacks": {key: value for key, value in good.items() if key != first},
        "is of torch.float64": good | {first: good[first].astype(np.float64)},
        r"expected \(": good | {first: good[first][:1]},
        "not finite": good | {first: good[first] * np.float32("inf")},
        "unknown": good | {"other": np.zeros(3, np.float32)},
    }
    for problem, state in bad.items():
        replace_file(package, name, safetensors.numpy.save(state))
        with pytest.raises(UserError, match=problem):
            speakernet.load_model(package)
    for data in (b"", b"\xff" * 64, b"\x08" + bytes(7) + b"{}      "):
        replace_file(package, name, data)
        with pytest.raises(UserError, match=r"weights\.safetensors: "):
            speakernet.load_model(package)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_refuses_cohorts_that_do_not_fit(package: Path) -> None:
    for cohort in (np.zeros((7, 11)), np.zeros((7, 12), np.float32), np.full((7, 12), np.nan)):
        replace_file(package, "cohort.safetensors", safetensors.numpy.save({"cohort": cohort}))
        with pytest.raises(UserError, match=r"cohort\.safetensors: "):
            speakernet.load_model(package)
    huge = {"cohort": np.linspace(1.4e308, 1.5e308, 84).reshape(7, 12)}
    replace_file(package, "cohort.safetensors", safetensors.numpy.save(huge))
    one = Embedding("one", np.eye(12, dtype=np.float32)[0], 1.0)
    with pytest.raises(UserError, match="a score is not finite"):
        speakernet.load_model(package).compare(one, one)


def set_at(*keys: str, value: Any) -> Change:
    def change(values: dict[str, Any]) -> None:
        for key in keys[:-1]:
            values = values[key]
        values[keys[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (set_at("format", value="speakernet model 9"), "has the format 'speakernet model 9'"),
        (set_at("network", "name", value="tdnn_c9999999"), "network.name|does not fit"),
        (set_at("network", "name", value="posix.system"), "unknown"),
        (set_at("front_end", "fbank", "num_mel_bins", value=1), "num-mel-bins=1"),
        (set_at("front_end", value={}), "takes features"),
        (set_at("input_dim", value=10**9), "input_dim"),
        (set_at("embedding_dim", value=13), "embeddings of 12"),
        (set_at("front_end", "fbank", "use_energy", value=True), "'input_dim': expected 21"),
        (set_at("front_end", "cmn_window", value=1 << 70), "cmn_window"),
        (set_at("extraction", value={"mode": "crops"}), "does not fit extraction.mode crops"),
        (
            set_at("extraction", value={"mode": "crops", "num_crops": 9, "crop_frames": 10**6}),
            "num_crops': times crop_frames",
        ),
        (set_at("extraction", "min_frames", value=1 << 40), "min_frames"),
        (set_at("files", "weights.safetensors", "size", value=1 << 70), f"expected {1 << 70}"),
        (set_at("calibration", "weight", value=-1.0), "calibration.weight"),
        (set_at("calibration", "kind", value="plda"), "gives 'asnorm'"),
        (set_at("files", "../../x", value={"size": 0, "sha256": "0" * 64}), "expected weights"),
        (set_at("surprise", value=1), "unknown key 'surprise'"),
    ],
)
def test_refuses_descriptions_that_are_wrong(package: Path, change: Change, problem: str) -> None:
    change_description(package, change)
    with pytest.raises(UserError, match=problem):
        speakernet.load_model(package)


def test_refuses_what_is_no_description(made: Path, package: Path) -> None:
    for text in ("", "[]", "{", "[" * 100_000, "\xff"):
        (package / "model.json").write_bytes(text.encode("latin1"))
        with pytest.raises(UserError, match=r"model\.json"):
            speakernet.load_model(package)
    with pytest.raises(UserError, match="speakernet package makes one of an experiment"):
        speakernet.load_model(made / "exp")


def test_replaces_packages_only(made: Path, tmp_path: Path) -> None:
    for name in ("data", "exp"):
        (tmp_path / name).symlink_to(made / name)
    (tmp_path / "conf").symlink_to(made / "conf")
    (tmp_path / "package").mkdir()
    packaged_model.make_package(tmp_path)
    first = (tmp_path / "package" / "model.json").read_bytes()
    packaged_model.make_package(tmp_path)
    assert (tmp_path / "package" / "model.json").read_bytes() == first
    (tmp_path / "package" / "thesis.tex").write_text("mine")
    with pytest.raises(UserError, match=r"has 'thesis\.tex', which is of no package"):
        packaged_model.make_package(tmp_path)
    assert (tmp_path / "package" / "thesis.tex").read_text() == "mine"
