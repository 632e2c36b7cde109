"""Convert a published checkpoint of the TDY-CNN system into an experiment.

Takes a .model file, recognises the network by its weights and writes <exp-dir>/recipe.yaml and
<exp-dir>/checkpoints/final.pt; steps/extract_embeddings.sh and steps/score.sh take it from there.
"""

from argparse import Namespace
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.program import argument, program

BASE = Path(__file__).parents[2] / "conf" / "tdy.yaml"


@program("users")
@argument("checkpoint", Path, "the published .model file")
@argument("exp_dir", Path, "the experiment to make")
@argument("--base", Path, "recipe that it extends (default: conf/tdy.yaml)")
def main(args: Namespace) -> int:
    """Convert as the arguments say; return the exit status."""
    from speakernet.config import UserError, dump_config, load_config
    from speakernet.nn.upstream import read_upstream, write_experiment
    from speakernet.recipe import Recipe

    final = args.exp_dir / "checkpoints" / "final.pt"
    if final.exists():
        raise UserError(f"{final}: exists; name another directory or remove it")
    converted = read_upstream(args.checkpoint)
    values = converted.config.model_dump(exclude_none=True)
    settings = [f"model.{key}={value}" for key, value in values.items()]
    recipe = load_config(Recipe, args.base or BASE, settings)
    write_experiment(args.exp_dir, converted, dump_config(recipe))
    print(f"{args.exp_dir}: {converted.config.name}")
    return 0


if __name__ == "__main__":
    run(main)
