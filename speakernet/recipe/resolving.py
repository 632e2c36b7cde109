"""A recipe folder's recipes with all their values, written where the models are or will be."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from pathlib import Path
from typing import Any, NamedTuple

from speakernet.config import UserError, dump_config, load_config
from speakernet.prepare.stage_values import WAVEFORM
from speakernet.recipe import EVALUATION_SECTIONS, Recipe
from speakernet.recipe.experiments import (
    FINAL_SETTINGS,
    MODELS,
    Experiment,
    ExperimentPlan,
    RecipeFolder,
    plan_experiments,
)
from speakernet.train.start import BATCH_SETTINGS, FREE_SETTINGS
from speakernet.work.files import open_for_replace

EXPERIMENT_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.=+-]{0,199}")
"""What the folder of an experiment can be called by its user."""


class Changes(NamedTuple):
    """What makes another experiment of a recipe.

    settings: KEY=VALUE. init: what training starts from, if not from random weights. name: of the
    experiment's folder, instead of one after what is changed.
    """

    settings: Sequence[str] = ()
    init: Path | None = None
    name: str | None = None


_UNCHANGED = Changes()


def resolve(
    folder: Path,
    exp_dir: Path,
    repository: Path,
    changes: Changes = _UNCHANGED,
    output: Path | None = None,
) -> list[Path]:
    """Write the recipes of ``folder`` (egs/<corpus>/<recipe>) and their settings below ``exp_dir``.

    With ``changes`` they go to a folder beside it, and to those that this one shares models and
    embeddings with (see experiments). ``repository`` has conf/ and steps/, which say what features
    there are. ``output``: where to write instead of the folder that ``exp_dir`` is in. Returns the
    folders of the experiment, of the trained models base and lm, and of the embeddings of base and
    lm, wherever their recipes were written. Raises UserError for a recipe that is wrong, or that no
    longer fits a trained model.
    """
    plan = _plan(RecipeFolder(folder, known_features(repository)), exp_dir.name, changes)
    written = [
        (exp_dir.parent / experiment.name / ("" if model == "base" else model), recipe)
        for experiment in plan.experiments().values()
        for model, recipe in experiment.recipes.items()
    ]
    for directory, recipe in written:
        _check_unchanged(recipe, directory)
    for directory, recipe in written:
        place = (output or exp_dir.parent) / directory.relative_to(exp_dir.parent)
        _write_resolved(recipe, place)
    every = (plan.whole, *plan.trained.values(), *plan.embedded.values())
    return [exp_dir.parent / experiment.name for experiment in every]


def _plan(folder: RecipeFolder, name: str, changes: Changes) -> ExperimentPlan:
    if changes.init is not None and not changes.init.exists():
        raise UserError(f"--init: found no file or folder {changes.init}")
    if changes.name is None:
        return plan_experiments(folder, name, changes.settings, changes.init)
    if not EXPERIMENT_NAME.fullmatch(changes.name):
        raise UserError(
            f"--exp-name: found '{changes.name}'; expected at most 200 letters, digits, "
            "'_', '.', '=', '+' and '-', not first one of the last four"
        )
    whole = Experiment(changes.name, folder.load(changes.settings))
    return ExperimentPlan(whole, dict.fromkeys(MODELS, whole), dict.fromkeys(MODELS, whole))


def known_features(repository: Path) -> list[str]:
    """Return what a recipe's ``features`` can be: waveforms, or a configuration of a known type."""
    names = sorted(path.stem for path in repository.glob("conf/*.conf"))
    types = {name: re.split(r"\d", name)[0] for name in names}
    return [n for n in names if (repository / f"steps/make_{types[n]}.sh").is_file()] + [WAVEFORM]


def stage_values(recipe: Recipe) -> dict[str, str]:
    """Return what run.sh needs to know of ``recipe``, in the order of ``StageValues``.

    speed_set is the training set with its speed-perturbed speakers, train_data the same with the
    augmented copies; online_features, whether training computes the features of these from the
    recordings; online_augment, whether it draws noises and rooms; cohort, whether scores need the
    cohort's embeddings.
    """
    return {
        "train_set": recipe.train_set,
        "speed_set": recipe.speed_set,
        "train_data": recipe.train_data,
        "features": recipe.features,
        "feature_folder": recipe.feature_folder,
        "copies": " ".join(recipe.sorted_copies),
        "speed_factors": " ".join(map(str, sorted(recipe.speed_factors))),
        "seed": str(recipe.stored_seed),
        "seed_suffix": recipe.seed_suffix,
        "online_features": str(recipe.data.online_features is not None).lower(),
        "online_augment": str(recipe.data.online_augment is not None).lower(),
        "cohort": str(bool(recipe.scoring.needed_sets)).lower(),
    }


def stage_settings(recipe: Recipe) -> dict[str, list[str]]:
    """Return the settings that each stage depends on, one ``key: value`` line each."""
    values = recipe.model_dump(mode="json")
    if recipe.data_seed is None:
        del values["data_seed"]  # older experiments do not have it
    stages = {key: list(flatten({key: values.pop(key)})) for key in EVALUATION_SECTIONS}
    return {"training": _without(flatten(values), FREE_SETTINGS - FINAL_SETTINGS), **stages}


def _without(lines: Iterable[str], keys: Set[str]) -> list[str]:
    return [line for line in lines if line.partition(":")[0] not in keys]


def flatten(tree: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Yield a ``dotted.key: value`` line for each leaf of ``tree``."""
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}: {value}"


def _check_unchanged(recipe: Recipe, exp_dir: Path) -> None:
    """A model that was trained keeps the recipe that it was trained with.

    How its batches are cut is for training to judge, which knows the number of processes.
    """
    written = exp_dir / "recipe.yaml"
    if not written.is_file() or not any(exp_dir.glob("checkpoints/*.pt")):
        return
    try:
        trained = load_config(Recipe, written)
    except UserError as error:
        raise UserError(
            f"{error}; if another version wrote this file and the recipe is still the one that the "
            "model was trained with, remove the file: it is written anew"
        ) from None
    free = FINAL_SETTINGS | BATCH_SETTINGS
    old, new = (_without(stage_settings(r)["training"], free) for r in (trained, recipe))
    changes = [line for line in new if line not in old] or [x for x in old if x not in new]
    if changes:
        raise UserError(
            f"{exp_dir}: was trained with other settings than the recipe's now: "
            f"{'; '.join(changes[:4])}{'; …' if len(changes) > 4 else ''}; "
            "train with these in another folder (run.sh --exp-name NAME)"
        )


def _write_resolved(recipe: Recipe, exp_dir: Path) -> None:
    _write(exp_dir / "recipe.yaml", dump_config(recipe))
    for stage, lines in stage_settings(recipe).items():
        _write(exp_dir / "settings" / f"{stage}.settings", "\n".join(lines) + "\n")
    _write(exp_dir / "settings" / "stages", "|".join(stage_values(recipe).values()) + "\n")


def _write(path: Path, text: str) -> None:
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with open_for_replace(path) as file:
        file.write(text.encode())
