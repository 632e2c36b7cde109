"""How many updates a run has, and what each of them is told."""

from pathlib import Path

import pytest

from speakernet.config import UserError, load_config
from speakernet.recipe import Recipe
from speakernet.train.plan import make_plan
from tests.training.corpus import write_recipe


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "recipe.yaml"


@pytest.mark.parametrize(
    ("train", "global_batch", "expected"),
    [
        ({"passes_per_epoch": 1.0}, 10, 10),  # 105 // 10
        ({"passes_per_epoch": 0.5}, 10, 5),  # round(52.5) // 10
        ({"passes_per_epoch": 2.5}, 100, 2),
        ({"passes_per_epoch": 3.0, "utterances_per_epoch": 64}, 8, 8),
        ({"passes_per_epoch": 1.0}, 105, 1),
    ],
)
def test_steps_are_whole_updates_of_an_epoch(
    path: Path, train: dict[str, float], global_batch: int, expected: int
) -> None:
    recipe = load_config(
        Recipe, write_recipe(path, train={"utterances_per_epoch": None, "epochs": 7, **train})
    )
    plan = make_plan(recipe, global_batch, utterances_per_pass=105)
    assert plan.steps_per_epoch == expected
    assert plan.num_steps == 7 * expected
    assert [plan.epoch(step) for step in (0, expected - 1, expected, 3 * expected)] == [0, 0, 1, 3]


def test_an_epoch_holds_an_update(path: Path) -> None:
    recipe = load_config(Recipe, write_recipe(path, train={"utterances_per_epoch": None}))
    with pytest.raises(UserError, match="an epoch of 105 utterances is smaller .* update's 106"):
        make_plan(recipe, 106, utterances_per_pass=105)


def test_schedules_are_in_epochs_and_margins_relative(path: Path) -> None:
    """Warm-up over 2 epochs, then 0.2 for the reference batch; the margin rises from 2 to 8."""
    recipe = load_config(Recipe, write_recipe(path, train={"utterances_per_epoch": 640}))
    assert recipe.optim.learning_rate == 0.2
    plan = make_plan(recipe, 64, utterances_per_pass=10**6)
    per_epoch = plan.steps_per_epoch
    assert per_epoch == 10
    full = 0.2 * 64 / recipe.optim.reference_batch  # type: ignore[operator]
    assert plan.settings(5 * per_epoch).learning_rate == pytest.approx(full)
    assert 0 < plan.settings(per_epoch).learning_rate < full
    margins = [plan.settings(epoch * per_epoch).margin for epoch in (0, 2, 5, 8, 20)]
    assert margins[0] == margins[1] == 0 and 0 < margins[2] < 0.2
    assert margins[3] == margins[4] == pytest.approx(0.2)


def test_the_rate_grows_with_the_batch_if_it_is_to(path: Path) -> None:
    rates = {}
    for reference in (128, None):
        recipe = load_config(Recipe, write_recipe(path, optim={"reference_batch": reference}))
        rates[reference] = [
            make_plan(recipe, batch, 10**6).settings(10**3).learning_rate for batch in (16, 32)
        ]
    assert rates[128][1] == pytest.approx(2 * rates[128][0])
    assert rates[None][1] == rates[None][0]
