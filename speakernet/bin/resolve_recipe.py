"""Write a folder's recipes, with all their values, into an exp directory; tell the shell of them.

recipe.yaml becomes ``<exp>/recipe.yaml``, lm.yaml (if there is one) ``<exp>/lm/recipe.yaml``.
Prints ``models=base lm`` and ``<model>_<key>=<value>`` lines: train_set, train_data (the set with
its speed-perturbed speakers and augmented copies), features, copies, speed_factors, seed. Beside
each recipe it writes ``settings/{training,extraction,scoring}.settings``, one ``key: value`` a
line: what each stage's product depends on.
"""

import argparse
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from speakernet.bin.cli import run
from speakernet.config import UserError, dump_config, load_config
from speakernet.recipe import EVALUATION_SECTIONS, Recipe


def main(argv: Sequence[str] | None = None) -> int:
    """Resolve recipes; one that no longer fits a trained model is an error."""
    parser = argparse.ArgumentParser(
        prog="resolve-recipe",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path, help="egs/<corpus>/<recipe>")
    parser.add_argument("exp_dir", type=Path, help="where the models are or will be")
    args = parser.parse_args(argv)
    recipes = {"base": load_config(Recipe, args.folder / "recipe.yaml")}
    if (args.folder / "lm.yaml").is_file():
        recipes["lm"] = load_config(Recipe, args.folder / "lm.yaml")
    directories = {"base": args.exp_dir, "lm": args.exp_dir / "lm"}
    for model, recipe in recipes.items():
        _check_unchanged(recipe, directories[model])
    print(f"models={' '.join(recipes)}")
    for model, recipe in recipes.items():
        _write_resolved(recipe, directories[model])
        for key, value in shell_values(recipe).items():
            print(f"{model}_{key}={value}")
    return 0


def shell_values(recipe: Recipe) -> dict[str, str]:
    """Return what run.sh needs to know of ``recipe``."""
    return {
        "train_set": recipe.train_set,
        "train_data": recipe.train_data,
        "features": recipe.features,
        "copies": " ".join(recipe.copies),
        "speed_factors": " ".join(map(str, recipe.speed_factors)),
        "seed": str(recipe.seed),
    }


def stage_settings(recipe: Recipe) -> dict[str, list[str]]:
    """Return the settings that each stage depends on, one ``key: value`` line each."""
    values = recipe.model_dump(mode="json")
    evaluation = {key: values.pop(key) for key in EVALUATION_SECTIONS}
    stages = {"training": values, **{key: {key: value} for key, value in evaluation.items()}}
    return {stage: list(flatten(tree)) for stage, tree in stages.items()}


def flatten(tree: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Yield a ``dotted.key: value`` line for each leaf of ``tree``."""
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}: {value}"


def _check_unchanged(recipe: Recipe, exp_dir: Path) -> None:
    """A model that was trained keeps the recipe that it was trained with."""
    written = exp_dir / "recipe.yaml"
    if not written.is_file() or not any(exp_dir.glob("checkpoints/*.pt")):
        return
    old = stage_settings(load_config(Recipe, written))["training"]
    new = stage_settings(recipe)["training"]
    changes = [line for line in new if line not in old] or [x for x in old if x not in new]
    if changes:
        raise UserError(
            f"{exp_dir}: was trained with other settings than the recipe's now: "
            f"{'; '.join(changes[:4])}{'; …' if len(changes) > 4 else ''}; "
            "give another --exp, or remove it to train anew"
        )


def _write_resolved(recipe: Recipe, exp_dir: Path) -> None:
    _write(exp_dir / "recipe.yaml", dump_config(recipe))
    for stage, lines in stage_settings(recipe).items():
        _write(exp_dir / "settings" / f"{stage}.settings", "\n".join(lines) + "\n")


def _write(path: Path, text: str) -> None:
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.tmp")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)


if __name__ == "__main__":
    run(main)
