"""Experiments that differ from a recipe by settings from the command line, and what they share.

A setting that is changed is like a line at the end of recipe.yaml: fine-tuning, which builds on
that file, has it too unless lm.yaml says otherwise. ``lm.KEY=VALUE`` is a line of lm.yaml.
Each such experiment has a folder of its own, named after what is changed.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from speakernet.config import UserError, load_config
from speakernet.recipe import EVALUATION_SECTIONS, Recipe
from speakernet.train.start import FREE_SETTINGS

FINAL_SETTINGS = {"train.epochs", "train.final", "train.average_last"}
"""What may change after training, and then asks for more of it or for another choice of weights."""

MODELS = ("base", "lm")
LM_PREFIX = "lm."
_MAX_NAME = 120  # of what is appended: names of files have at most 255 bytes
_NO_NAME = FREE_SETTINGS - FINAL_SETTINGS  # they change nothing in a result
_UNTRAINED, _UNEMBEDDED = EVALUATION_SECTIONS, EVALUATION_SECTIONS[1:]

Recipes = dict[str, Recipe]
"""By model: ``base``, and ``lm`` where there is an lm.yaml."""


class Experiment(NamedTuple):
    """A folder's name and the recipes in it."""

    name: str
    recipes: Recipes


@dataclass(frozen=True)
class RecipeFolder:
    """egs/<corpus>/<recipe>; ``features`` are the names that a recipe's ``features`` can have."""

    path: Path
    features: Sequence[str]

    def load(self, changes: Iterable[str] = ()) -> Recipes:
        """Return the recipes with ``changes`` (KEY=VALUE). Raises UserError if they do not fit."""
        own, of_lm = split_changes(changes)
        file, lm_file = self.path / "recipe.yaml", self.path / "lm.yaml"
        recipes = {"base": load_config(Recipe, file, own, features=self.features)}
        if lm_file.is_file():
            recipes["lm"] = load_config(
                Recipe, lm_file, of_lm, base_overrides={file: own}, features=self.features
            )
        elif of_lm:
            raise UserError(f"--set '{LM_PREFIX}{of_lm[0]}': {self.path} has no lm.yaml")
        if len({recipe.features for recipe in recipes.values()}) > 1:
            raise UserError(f"{lm_file}: 'features' differs from recipe.yaml's; expected the same")
        return recipes


def split_changes(changes: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return the changes of recipe.yaml, and those of lm.yaml without their prefix."""
    texts = list(changes)
    own = [text for text in texts if not text.startswith(LM_PREFIX)]
    return own, [text.removeprefix(LM_PREFIX) for text in texts if text.startswith(LM_PREFIX)]


@dataclass(frozen=True)
class ExperimentPlan:
    """The experiment that is asked for, and those whose models and embeddings it uses.

    ``trained`` and ``embedded`` have one by model. They are other experiments where only settings
    of scores, of embeddings or of fine-tuning have been changed.
    """

    whole: Experiment
    trained: Mapping[str, Experiment]
    embedded: Mapping[str, Experiment]

    def experiments(self) -> dict[str, Experiment]:
        """Return all of them by name."""
        every = (self.whole, *self.trained.values(), *self.embedded.values())
        return {experiment.name: experiment for experiment in every}


def plan_experiments(
    folder: RecipeFolder, name: str, changes: Sequence[str], init: Path | None = None
) -> ExperimentPlan:
    """Return the experiments of a recipe with ``changes``, beside one that is called ``name``.

    init: what training starts from, if not from random weights. Raises UserError for a change that
    does not fit the recipe.
    """
    plain = folder.load()
    start = [] if init is None else [f"init={_safe('_'.join(init.resolve().parts[-2:]))}"]

    def experiment(some: Sequence[str]) -> Experiment:
        recipes = folder.load(some)
        parts = [*_differences(plain, recipes, some), *start]
        return Experiment(name + _suffix(parts), recipes)

    def part(model: str, sections: Iterable[str], fuller: Experiment) -> Experiment:
        try:
            return experiment(list(_relevant(changes, model, sections)))
        except UserError:  # some settings fit only together with those left out
            return fuller

    whole = experiment(changes)
    embedded = {model: part(model, _UNEMBEDDED, whole) for model in MODELS}
    trained = {model: part(model, _UNTRAINED, embedded[model]) for model in MODELS}
    return ExperimentPlan(whole, trained, embedded)


def _relevant(changes: Iterable[str], model: str, sections: Iterable[str]) -> Iterator[str]:
    """Yield the changes that a model depends on; those of ``sections`` come after it."""
    for text in changes:
        is_of_lm, key = text.startswith(LM_PREFIX), _key(text.removeprefix(LM_PREFIX))
        if key.partition(".")[0] not in sections and (model == "lm" or not is_of_lm):
            yield text


def _differences(plain: Recipes, recipes: Recipes, changes: Iterable[str]) -> Iterator[str]:
    """Yield ``key=value`` for each change that makes a difference, sorted by key."""
    own, of_lm = split_changes(changes)
    before = plain["base"].model_dump(mode="json")
    for key, value, text in _given(recipes["base"], own):
        if value != _value_at(before, key):
            yield f"{key}={_shown(value, text)}"
    # lm.yaml's own value may be the one before, while a change of recipe.yaml's has another.
    for key, value, text in _given(recipes["lm"], of_lm) if of_lm else ():
        yield f"{LM_PREFIX}{key}={_shown(value, text)}"


def _given(recipe: Recipe, changes: Iterable[str]) -> Iterator[tuple[str, Any, str]]:
    """Yield key, present value and given text of the changes that decide about results."""
    values = recipe.model_dump(mode="json")
    texts = {_key(text): text.partition("=")[2] for text in changes}
    for key in sorted(set(texts) - _NO_NAME):
        yield key, _value_at(values, key), texts[key]


def _key(text: str) -> str:
    return text.partition("=")[0]


def _value_at(tree: Any, key: str) -> Any:
    """Return the value under a dotted key, or None where there is none (any more)."""
    for part in key.split("."):
        tree = tree.get(part) if isinstance(tree, Mapping) else None
    return tree


def _shown(value: Any, text: str) -> str:
    """Return a value as a part of a folder's name; sections as they were given."""
    if isinstance(value, Mapping):
        return _safe(text).strip("_")
    if isinstance(value, list):
        return "+".join(_shown(item, "") for item in value) or "none"
    return value if isinstance(value, str) else json.dumps(value)


def _suffix(parts: Sequence[str]) -> str:
    """Return what is appended to a folder's name: safe in paths, and other for other ``parts``."""
    texts = [_safe(part) for part in parts]
    suffix = "".join(f"-{text}" for text in texts)
    if texts == list(parts) and len(suffix) <= _MAX_NAME:
        return suffix
    digest = hashlib.sha256("\n".join(parts).encode(errors="surrogateescape")).hexdigest()[:8]
    return f"{suffix[:_MAX_NAME]}-{digest}"


def _safe(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.=+-]+", "_", text)
