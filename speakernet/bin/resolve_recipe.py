"""Write a folder's recipes with all their values; print those for run.sh.

recipe.yaml becomes ``<exp>/recipe.yaml``, lm.yaml (if there is one) ``<exp>/lm/recipe.yaml``.
Prints ``models=base lm`` and ``<model>_<key>=<value>`` lines: train_set, train_data (the set with
its speed-perturbed speakers and augmented copies), features, copies, speed_factors, seed,
online_augment (whether training draws noises and rooms), cohort (whether scores need the cohort's
embeddings). Beside each recipe it writes ``settings/{training,extraction,scoring}.settings``, one
``key: value`` a line: what each stage's product depends on.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from pathlib import Path
from typing import Any

from speakernet.bin.cli import run
from speakernet.bin.options.parser import Parser
from speakernet.config import UserError, dump_config, load_config
from speakernet.recipe import EVALUATION_SECTIONS, Recipe
from speakernet.train.setup import check_input_kind
from speakernet.train.start import BATCH_SETTINGS, FREE_SETTINGS

GROUP = "recipes"

FINAL_SETTINGS = {"train.epochs", "train.final", "train.average_last"}
"""What may change after training, and then asks for more of it or for another choice of weights."""


def make_parser() -> Parser:
    """Return the parser of the command line."""
    parser = Parser(__file__, __doc__)
    parser.add_argument("folder", type=Path, help="egs/<corpus>/<recipe>")
    parser.add_argument("exp_dir", type=Path, help="where the models are or will be")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Resolve recipes; one that no longer fits a trained model is an error."""
    args = make_parser().parse_args(argv)
    recipes = {"base": load_config(Recipe, args.folder / "recipe.yaml")}
    if (args.folder / "lm.yaml").is_file():
        recipes["lm"] = load_config(Recipe, args.folder / "lm.yaml")
    directories = {"base": args.exp_dir, "lm": args.exp_dir / "lm"}
    for model, recipe in recipes.items():
        check_input_kind(recipe)
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
        "online_augment": str(recipe.data.online_augment is not None).lower(),
        "cohort": str(recipe.scoring.needs_cohort_embeddings).lower(),
    }


def stage_settings(recipe: Recipe) -> dict[str, list[str]]:
    """Return the settings that each stage depends on, one ``key: value`` line each."""
    values = recipe.model_dump(mode="json")
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
    trained = load_config(Recipe, written)
    free = FINAL_SETTINGS | BATCH_SETTINGS
    old, new = (_without(stage_settings(r)["training"], free) for r in (trained, recipe))
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
