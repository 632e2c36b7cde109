"""Recipes written out for an experiment with settings from the command line."""

from pathlib import Path

import pytest

from speakernet.config import UserError, load_config
from speakernet.recipe import Recipe
from speakernet.recipe.resolving import Changes, resolve

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "egs/debian_voices/res2net14_w8_s2_c8"


def test_all_values_are_written_to_the_folders_that_are_returned(tmp_path: Path) -> None:
    changes = Changes(["scoring.top_n=11", "seed=8", "lm.train.batch_size=8"])
    whole, base, lm, *embedded = resolve(FOLDER, tmp_path / "net", ROOT, changes)
    assert [base.name, lm.name] == ["net-seed=8", "net-seed=8-lm.train.batch_size=8"]
    assert embedded == [base, lm]
    assert {path.name for path in tmp_path.iterdir()} == {whole.name, base.name, lm.name}
    recipes = {path: load_config(Recipe, path / "recipe.yaml") for path in (whole, base, lm / "lm")}
    assert {(r.seed, r.stored_seed) for r in recipes.values()} == {(8, 8)}
    assert recipes[whole].scoring.top_n == 11 != recipes[base].scoring.top_n
    assert recipes[lm / "lm"].train.batch_size == 8
    assert (whole / "lm/settings/stages").is_file()


def test_a_name_of_ones_own_is_for_everything(tmp_path: Path) -> None:
    folders = resolve(FOLDER, tmp_path / "net", ROOT, Changes(["scoring.top_n=11"], name="mine"))
    assert folders == [tmp_path / "mine"] * 5


@pytest.mark.parametrize("name", ["", ".x", "-n", "a/b", "..", "a b", "a\n", "x" * 201, "é"])
def test_names_that_folders_cannot_have(name: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--exp-name: found"):
        resolve(FOLDER, tmp_path / "net", ROOT, Changes(name=name))


def test_weights_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--init: found no file or folder"):
        resolve(FOLDER, tmp_path / "net", ROOT, Changes(init=tmp_path / "nothing"))
    assert not (tmp_path / "net").exists()
