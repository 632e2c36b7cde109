"""What recipes read is checked before it is read."""

from collections.abc import Callable
from pathlib import Path

import pytest

from speakernet.config import UserError
from speakernet.prepare.corpus_estimate import CorpusEstimate, SetSize
from speakernet.prepare.recipe_inputs import RecipeInputs, read_recipes

STAGES = "train|train|train_aug|fbank80|fbank80|reverb|||| false|false|true".replace(" ", "")


@pytest.fixture
def inputs(tmp_path: Path) -> Callable[..., RecipeInputs]:
    """Of a recipe with one copy; further arguments are those of RecipeInputs."""
    (tmp_path / "exp/settings").mkdir(parents=True)
    (tmp_path / "exp/settings/stages").write_text(f"{STAGES}\n")
    recipes = read_recipes(tmp_path / "exp")

    def make(**others: object) -> RecipeInputs:
        given = {"trials": [], "musan_root": None, "rirs": None, **others}
        return RecipeInputs(recipes, tmp_path / "data", "test", "cohort", **given)  # type: ignore[arg-type]

    return make


def test_places_of_noises_are_needed(inputs: Callable[..., RecipeInputs]) -> None:
    with pytest.raises(UserError, match="needs --musan-root and --rirs"):
        list(inputs().source_checks())
    assert len(list(inputs(musan_root=Path("m"), rirs=Path("r")).source_checks())) == 2


def test_a_corpus_that_lacks_something(inputs: Callable[..., RecipeInputs]) -> None:
    with pytest.raises(UserError, match="part b is missing"):
        inputs(estimate=CorpusEstimate(problems=["part b is missing"])).check_corpus()


def test_a_corpus_that_is_too_large(inputs: Callable[..., RecipeInputs], tmp_path: Path) -> None:
    large = CorpusEstimate(sets={"train": SetSize(10, 2, 1e12)})
    with pytest.raises(UserError, match=r"features take about \d+\.\d GB"):
        inputs(estimate=large).check_corpus()
    unpacked = CorpusEstimate(writes=[(tmp_path / "new/folder", 10**18)])
    with pytest.raises(UserError, match=f"{tmp_path}: what is unpacked take about 1000000000.0"):
        inputs(estimate=unpacked).check_corpus()
    small = CorpusEstimate({"train": SetSize(1, 1, 3.0)}, [(tmp_path / "new", 1)])
    inputs(estimate=small).check_corpus()
