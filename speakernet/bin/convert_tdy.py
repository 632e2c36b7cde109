"""Convert a published checkpoint of the TDY-CNN system (``.model``) into an experiment of ours.

Recognises the network by its weights and writes <exp-dir>/recipe.yaml and
<exp-dir>/checkpoints/final.pt; steps/extract_embeddings.sh and steps/score.sh take it from there.
"""

import argparse
import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from speakernet.bin.cli import run
from speakernet.config import UserError, dump_config, load_config
from speakernet.work.files import open_for_replace

if TYPE_CHECKING:
    from speakernet.nn.upstream import Converted
    from speakernet.recipe import Recipe

DEFAULT_RECIPE = Path(__file__).parents[2] / "conf" / "tdy.yaml"


def main(argv: Sequence[str] | None = None) -> int:
    """Convert as the arguments say; return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--recipe",
        type=Path,
        default=DEFAULT_RECIPE,
        help="extraction and scoring settings (default: %(default)s)",
    )
    parser.add_argument("checkpoint", type=Path, help="the published .model file")
    parser.add_argument("exp_dir", type=Path, help="the experiment to make")
    arguments = parser.parse_args(argv)
    final = arguments.exp_dir / "checkpoints" / "final.pt"
    if final.exists():
        raise UserError(f"{final}: exists; name another directory or remove it")
    name = convert_file(arguments.checkpoint, arguments.recipe, arguments.exp_dir)
    print(f"{arguments.exp_dir}: {name}")
    return 0


def convert_file(source: Path, recipe_path: Path, exp_dir: Path) -> str:
    """Write the experiment ``exp_dir`` for the checkpoint ``source``; return the network's name."""
    from speakernet.nn.layers.log_mel import NUM_MEL_BINS
    from speakernet.nn.serialize import FORMAT_VERSION, save_model
    from speakernet.nn.upstream import convert

    converted = convert(_load(source), str(source))
    recipe = dump_config(_recipe(recipe_path, converted))
    (exp_dir / "checkpoints").mkdir(parents=True, exist_ok=True)
    with open_for_replace(exp_dir / "recipe.yaml") as file:
        file.write(recipe.encode())
    checkpoint = {
        "format_version": FORMAT_VERSION,
        "recipe": recipe,
        "input_dim": NUM_MEL_BINS,
        "model": converted.model,
        "loss": converted.loss,
        "step": 0,
        "epoch": 0,
    }
    save_model(exp_dir / "checkpoints" / "final.pt", checkpoint)
    return converted.config.name


def _load(source: Path) -> object:
    import torch

    try:
        return torch.load(source, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise UserError(f"{source}: no such file") from None
    except (RuntimeError, EOFError, ValueError, pickle.UnpicklingError) as error:
        reason = " ".join(str(error).split())[:200]
        raise UserError(f"{source}: cannot be read as tensors: {reason}") from None


def _recipe(path: Path, converted: "Converted") -> "Recipe":
    from speakernet.recipe import Recipe

    values = converted.config.model_dump(exclude_none=True)
    return load_config(Recipe, path, [f"model.{key}={value}" for key, value in values.items()])


if __name__ == "__main__":
    run(main)
