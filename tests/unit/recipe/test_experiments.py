"""Folders of experiments that differ from a recipe by settings from the command line."""

from pathlib import Path

import pytest

from speakernet.config import UserError
from speakernet.recipe.experiments import ExperimentPlan, RecipeFolder, plan_experiments
from speakernet.recipe.resolving import known_features

ROOT = Path(__file__).resolve().parents[3]
FOLDER = RecipeFolder(ROOT / "egs/debian_voices/tdnn", known_features(ROOT))
TDY = RecipeFolder(ROOT / "egs/debian_voices/tdy_resnet34_sixteenth", known_features(ROOT))


def plan(*changes: str, folder: RecipeFolder = FOLDER, init: Path | None = None) -> ExperimentPlan:
    return plan_experiments(folder, "tdnn", changes, init)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ((), "tdnn"),
        (("train.epochs=3",), "tdnn-train.epochs=3"),
        (("seed=7", "loss.margin=0.30"), "tdnn-loss.margin=0.3-seed=7"),
        (("loss.margin=3e-1", "seed=7"), "tdnn-loss.margin=0.3-seed=7"),
        (("seed=7", "seed=9"), "tdnn-seed=9"),
        (("seed=1", "train.epochs=8"), "tdnn"),  # as it is
        (("data.num_workers=3", "train.num_threads=1"), "tdnn"),  # no result depends on these
        (("speed_factors=[0.9, 1.2]",), "tdnn-speed_factors=0.9+1.2"),
        (("copies=[]",), "tdnn-copies=none"),
        (("model.name=tdnn_c32",), "tdnn-model.name=tdnn_c32"),
        (("lm.loss.margin=0.35", "seed=7"), "tdnn-seed=7-lm.loss.margin=0.35"),
    ],
)
def test_a_folder_is_named_after_what_is_changed(changes: tuple[str, ...], name: str) -> None:
    assert plan(*changes).whole.name == name


def test_what_cannot_stand_in_a_path_is_told_apart_by_a_digest() -> None:
    texts = ["schedule.margin={type: constant}", "schedule.margin={ type : constant }"]
    names = [plan(text).whole.name for text in texts]
    others = ["schedule.margin={type: linear_staircase, start_epoch: 2, end_epoch: 4}"]
    names += [plan(text).whole.name for text in others]
    assert len(set(names[1:])) == 2 and all("/" not in n and " " not in n for n in names)
    long = plan("speed_factors=[" + ", ".join(f"1.{n:04d}" for n in range(200)) + "]").whole.name
    assert len(long) < 160


def test_fine_tuning_has_a_change_unless_its_own_file_says_otherwise() -> None:
    base, lm = (plan("train.epochs=3", "loss.scale=24").whole.recipes[m] for m in ("base", "lm"))
    assert (base.train.epochs, lm.train.epochs) == (3, 1)
    assert [getattr(recipe.loss, "scale", None) for recipe in (base, lm)] == [24, 24]
    lm = plan("seed=7", "lm.seed=1").whole.recipes["lm"]
    assert lm.seed == 1
    assert plan("seed=7", "lm.seed=1").whole.name != plan("seed=7").whole.name


def test_models_and_embeddings_are_those_of_the_recipe_where_only_scores_differ() -> None:
    found = plan("scoring.top_n=7", "lm.scoring.top_n=9")
    assert found.whole.name == "tdnn-scoring.top_n=7-lm.scoring.top_n=9"
    assert {e.name for e in (*found.trained.values(), *found.embedded.values())} == {"tdnn"}
    found = plan("extraction.chunk_frames=333", "seed=7", "lm.loss.margin=0.35")
    assert [found.trained[m].name for m in ("base", "lm")] == [
        "tdnn-seed=7",
        "tdnn-seed=7-lm.loss.margin=0.35",
    ]
    assert found.embedded["base"].name == "tdnn-extraction.chunk_frames=333-seed=7"
    assert found.embedded["lm"] == found.whole
    assert len(found.experiments()) == 4


def test_sections_that_only_fit_together_are_not_taken_apart() -> None:
    found = plan("extraction.mode=whole", "scoring.similarity=cosine", folder=TDY)
    assert found.embedded["base"] == found.whole
    assert found.trained["base"].name == "tdnn"


def test_weights_to_start_from_are_in_the_name(tmp_path: Path) -> None:
    found = plan("seed=7", init=tmp_path / "some corpus" / "x$(y)")
    assert found.whole.name == "tdnn-seed=7-init=some_corpus_x_y_"
    assert found.trained["lm"].name == found.whole.name


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("train.epoch=3", r"^--set 'train.epoch=3': unknown key 'train.epoch' \(did you mean"),
        ("train.epochs=three", "'train.epochs': .*integer"),
        ("train.epochs", "expected key.subkey=value"),
        ("=3", "expected key.subkey=value"),
        (".".join("abcdefghijklmnopqrstuvw") + "=1", "expected key.subkey=value"),
        ("base=[x.yaml]", "unknown key 'base'"),
        ("train.epochs={", "not YAML"),
        ("lm.train.epoch=3", "unknown key 'train.epoch'"),
        ("lm.features=fbank40", "expected the same"),
    ],
)
def test_a_wrong_change_is_one_line(change: str, message: str) -> None:
    with pytest.raises(UserError, match=message) as error:
        plan(change)
    assert "\n" not in str(error.value)


def test_fine_tuning_that_is_not_there() -> None:
    with pytest.raises(UserError, match=r"--set 'lm\.seed=2': .* has no lm\.yaml"):
        plan("lm.seed=2", folder=TDY)
