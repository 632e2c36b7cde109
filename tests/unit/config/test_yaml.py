"""Recipes are strict: every mistake is one line with place and dotted key."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from speakernet.config import UserError, dump_config, load_config
from tests.unit.config.sections import Constant, DeepOptions, NetworkOptions, Recipe, Staircase

DEEP = NetworkOptions.model_validate({"name": "deep3"})


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    (tmp_path / "base.yaml").write_text(
        "epochs: 4\nnetwork: deep34\nschedule: {type: staircase, num_steps: 7}\n"
    )
    path = tmp_path / "recipe.yaml"
    path.write_text("# a comment\nbase: [base.yaml]\nsets: [a, b]\nschedule:\n  num_steps: 5\n")
    return path


def test_file_overrides_its_base_key_by_key(recipe: Path) -> None:
    loaded = load_config(Recipe, recipe)
    assert loaded == Recipe(
        epochs=4,
        schedule=Staircase(num_steps=5),
        network=DeepOptions(name="deep34"),
        sets=("a", "b"),
    )


def test_an_override_wins_and_another_name_replaces_the_section(recipe: Path) -> None:
    loaded = load_config(Recipe, recipe, ["schedule.type=constant", "schedule.value=1e-3"])
    assert loaded.schedule == Constant(value=1e-3)
    again = load_config(Recipe, recipe, ["schedule.value=2", "schedule={type: constant}"])
    assert again.schedule == Constant()


def test_dump_reads_back_unchanged(recipe: Path, tmp_path: Path) -> None:
    loaded = load_config(Recipe, recipe, ["network.dropout=constant"])
    again = tmp_path / "resolved.yaml"
    again.write_text(dump_config(loaded))
    assert load_config(Recipe, again) == loaded


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("epoch: 3", "recipe.yaml:1: unknown key 'epoch' (did you mean 'epochs'?)"),
        ("epochs: '3'", "recipe.yaml:1: 'epochs': expected a valid integer"),
        ("epochs: true", "recipe.yaml:1: 'epochs': expected a valid integer"),
        (f"epochs: {10**18}", "recipe.yaml:1: expected a whole number of at most 18 digits"),
        ("epochs: 3\nepochs: 4", "recipe.yaml:2: 'epochs' is set twice"),
        ("- epochs", "recipe.yaml:1: expected 'key: value' lines"),
        ("epochs: [", "recipe.yaml: not YAML"),
        ("base: none.yaml", "recipe.yaml: 'base' must be a list of files"),
        ('base: ["a\\0b.yaml"]', "recipe.yaml: 'base' must be a list of files"),
        ("base: [none.yaml]", "none.yaml: no such file"),
        ("base: [recipe.yaml]", "recipe.yaml: is its own base"),
    ],
)
def test_mistake_is_one_line_with_place(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text(text)
    with pytest.raises(UserError) as caught:
        load_config(Recipe, path)
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_mistake_in_a_base_names_the_base(recipe: Path) -> None:
    (recipe.parent / "base.yaml").write_text("\n\nepochs: many\n")
    with pytest.raises(UserError, match=r"base\.yaml:3: 'epochs'"):
        load_config(Recipe, recipe)


@pytest.mark.parametrize("override", ["epochs", "=3", "epochs=x", "epoch=3", "schedule.valu=3"])
def test_bad_override_is_named(recipe: Path, override: str) -> None:
    with pytest.raises(UserError, match=f"--set '{override}'"):
        load_config(Recipe, recipe, [override])


def test_facts_reach_the_validators(recipe: Path) -> None:
    assert load_config(Recipe, recipe, sets=["a", "b", "c"]).sets == ("a", "b")
    with pytest.raises(UserError, match=r"recipe.yaml:3: 'sets': known sets: a \(found"):
        load_config(Recipe, recipe, sets=["a"])


def test_config_is_frozen() -> None:
    with pytest.raises(ValidationError):
        Recipe().epochs = 5  # type: ignore[misc]
