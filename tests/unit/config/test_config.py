"""Recipes are strict: every mistake is one line with place and dotted key."""

from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import Field, ValidationError

from speakernet.config import Config, Registry, UserError, dump_config, load_config


class Constant(Config):
    type: Literal["constant"] = "constant"
    value: float = 1.0


class Staircase(Config):
    type: Literal["staircase"] = "staircase"
    num_steps: int = 2


class Recipe(Config):
    epochs: int = 3
    schedule: Annotated[Constant | Staircase, Field(discriminator="type")] = Constant()
    sets: tuple[str, ...] = ()


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    (tmp_path / "base.yaml").write_text("epochs: 4\nschedule: {type: staircase, num_steps: 7}\n")
    path = tmp_path / "recipe.yaml"
    path.write_text("# a comment\nbase: [base.yaml]\nsets: [a, b]\nschedule:\n  num_steps: 5\n")
    return path


def test_file_overrides_its_base_key_by_key(recipe: Path) -> None:
    loaded = load_config(Recipe, recipe)
    assert loaded == Recipe(epochs=4, schedule=Staircase(num_steps=5), sets=("a", "b"))


def test_override_wins_and_other_kind_replaces_section(recipe: Path) -> None:
    loaded = load_config(Recipe, recipe, ["schedule.type=constant", "schedule.value=1e-3"])
    assert loaded.schedule == Constant(value=1e-3)


def test_dump_reads_back_unchanged(recipe: Path, tmp_path: Path) -> None:
    loaded = load_config(Recipe, recipe)
    again = tmp_path / "resolved.yaml"
    again.write_text(dump_config(loaded))
    assert load_config(Recipe, again) == loaded


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("epoch: 3", "recipe.yaml:1: unknown key 'epoch' (did you mean 'epochs'?)"),
        ("epochs: '3'", "recipe.yaml:1: 'epochs': Input should be a valid integer"),
        ("epochs: true", "recipe.yaml:1: 'epochs': Input should be a valid integer"),
        ("epochs: 3\nepochs: 4", "recipe.yaml:2: 'epochs' is set twice"),
        ("\nschedule: {type: constant, valu: 1}", "recipe.yaml:2: unknown key 'schedule.valu'"),
        ("schedule: {type: linear}", "recipe.yaml:1: 'schedule': Input tag 'linear'"),
        ("schedule: 3", "recipe.yaml:1: 'schedule': Input should be"),
        ("- epochs", "recipe.yaml:1: expected 'key: value' lines"),
        ("epochs: [", "recipe.yaml: not YAML"),
        ("base: none.yaml", "recipe.yaml: 'base' must be a list of files"),
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


@pytest.mark.parametrize("override", ["epochs", "=3", "epochs=x", "epoch=3"])
def test_bad_override_is_named(recipe: Path, override: str) -> None:
    with pytest.raises(UserError, match=f"override '{override}'"):
        load_config(Recipe, recipe, [override])


def test_config_is_frozen() -> None:
    with pytest.raises(ValidationError):
        Recipe().epochs = 5  # type: ignore[misc]


def test_registry_suggests_and_refuses_duplicates() -> None:
    registry = Registry[int]("loss")
    registry.register("cm")(1)
    registry.register("sc_cm")(2)
    assert registry.get("cm") == 1
    assert registry.names() == ["cm", "sc_cm"]
    with pytest.raises(UserError, match="unknown loss 'sccm' .did you mean 'sc_cm'"):
        registry.get("sccm")
    with pytest.raises(ValueError, match="registered twice"):
        registry.register("cm")
