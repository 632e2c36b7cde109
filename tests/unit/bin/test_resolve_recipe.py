"""What run.sh gets of a recipe: one line of values that cannot be taken for anything else."""

import subprocess
from pathlib import Path

import pytest

from speakernet.bin.resolve_recipe import main
from speakernet.config import UserError, load_config
from speakernet.prepare.stage_values import StageValues, read_stage_values
from speakernet.recipe import Recipe
from speakernet.recipe.resolving import stage_values

ROOT = Path(__file__).resolve().parents[3]
NAMES = (
    "train_set speed_set train_data features feature_folder copies speed_factors seed seed_suffix "
    "online_features online_augment cohort"
)


def write_recipe(folder: Path, text: str) -> Path:
    base = ROOT / "egs/debian_voices/tdnn_c128/recipe.yaml"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "recipe.yaml").write_text(f"base: [{base}]\n{text}")
    return folder


def test_the_shell_reads_what_was_written(tmp_path: Path) -> None:
    text = "train_set: my.set-2\ncopies: []\nspeed_factors: [0.9, 1.1]\nseed: 7\n"
    folder = write_recipe(tmp_path / "egs/corpus/recipe", text)
    assert main([str(folder), str(tmp_path / "exp")]) == 0
    values = stage_values(load_config(Recipe, folder / "recipe.yaml"))
    assert " ".join(values) == " ".join(StageValues._fields) == NAMES
    assert read_stage_values(tmp_path / "exp/settings/stages") == tuple(values.values())
    script = f"IFS='|' read -r {NAMES} <settings/stages; printf '%s\\n' "
    script += " ".join(f'"${name}"' for name in NAMES.split())
    command = ["bash", "-c", script]
    shown = subprocess.run(command, cwd=tmp_path / "exp", capture_output=True, text=True).stdout
    assert shown == "\n".join(values.values()) + "\n"
    sets = ["my.set-2", "my.set-2_sp", "my.set-2_sp"]
    assert shown.splitlines()[:7] == [*sets, "fbank80", "fbank80_seed7", "", "0.9 1.1"]


@pytest.mark.parametrize("key", ["train_set", "features"])
@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "-n", ".x", "a b", "a/b", "a|b", "a\nPATH=x", "x\n", "a\u00a0b", "é", "٣",
     "a\x00b",
     "a[$(touch x)]", "$(touch x)", "`touch x`", "IFS=/", "x;y", "*", "~", "a\\b", "'", '"'],
)  # fmt: skip
def test_names_that_cannot_be_those_of_a_set_are_errors_of_one_line(
    key: str, name: str, tmp_path: Path
) -> None:
    escaped = "".join(f"\\U{ord(character):08x}" for character in name)
    folder = write_recipe(tmp_path, f'seed: 3\n{key}: "{escaped}"\n')
    with pytest.raises(UserError, match=r"recipe\.yaml:3: .*expected a name of letters") as error:
        load_config(Recipe, folder / "recipe.yaml")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["train", "voxceleb2_dev", "2nd.set-b", "_x", "fbank80"])
def test_usual_names_are_taken(name: str, tmp_path: Path) -> None:
    folder = write_recipe(tmp_path, f"train_set: {name}\n")
    assert load_config(Recipe, folder / "recipe.yaml").train_set == name


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", "train train_sp train_sp_aug fbank80"),
        ("speed_factors: [1.1, 0.90]", "train train_sp train_sp_aug fbank80"),
        ("speed_factors: []", "train train train_aug fbank80"),
        ("speed_factors: [0.8]", "train train_sp_0.8 train_sp_0.8_aug fbank80"),
        ("copies: []", "train train_sp train_sp fbank80"),
        ("copies: [babble, music, noise, reverb]", "train train_sp train_sp_aug fbank80"),
        ("copies: [music, noise]", "train train_sp train_sp_aug_noise_music fbank80"),
        ("seed: 5", "train train_sp train_sp_aug_seed5 fbank80_seed5"),
        ("seed: 5\ndata_seed: 1", "train train_sp train_sp_aug fbank80"),
        ("data_seed: 4", "train train_sp train_sp_aug_seed4 fbank80_seed4"),
        ("seed: 5\ncopies: []", "train train_sp train_sp fbank80_seed5"),
    ],
)
def test_products_that_differ_have_names_that_differ(text: str, names: str, tmp_path: Path) -> None:
    folder = write_recipe(tmp_path, f"{text}\n")
    values = stage_values(load_config(Recipe, folder / "recipe.yaml"))
    keys = ("train_set", "speed_set", "train_data", "feature_folder")
    assert " ".join(values[key] for key in keys) == names
