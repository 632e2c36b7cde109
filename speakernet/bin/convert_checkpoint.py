"""Convert a published checkpoint of another system into an experiment.

Reads networks of TDY-CNN, voxceleb_trainer, wespeaker, 3D-Speaker and SpeechBrain, each recognised
by names and shapes of its tensors (docs/published_checkpoints.md), and writes <exp-dir>/recipe.yaml
and <exp-dir>/checkpoints/final.pt; steps/extract_embeddings.sh and steps/score.sh take it from
there. <checkpoint> is a file, or a folder with wespeaker's avg_model.pt or SpeechBrain's
embedding_model.ckpt. Only tensors are read: no code in the file can run.
"""

from argparse import Namespace
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.program import argument, program
from speakernet.config.places import shipped


@program("users")
@argument("checkpoint", Path, "the published file, or a folder with it")
@argument("exp_dir", Path, "the experiment to make")
@argument("--base", Path, "recipe that it extends (default: the network's, in conf/)")
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
    settings = [f"model.{key}={value}" for key, value in _flat(values)]
    base = args.base or shipped("conf", converted.base)
    recipe = load_config(Recipe, base, settings)
    found = _num_values(recipe.features)
    if converted.input_dim and found not in (None, converted.input_dim):
        needed = f"{args.checkpoint}: takes {converted.input_dim} values a frame"
        raise UserError(f"{needed}, '{recipe.features}' of {base} has {found}; name another --base")
    write_experiment(args.exp_dir, converted, dump_config(recipe))
    print(f"{args.exp_dir}: {converted.config.name}, read as {converted.title}")
    return 0


def _num_values(features: str) -> int | None:
    """Return how many values a frame of features has; None where they are described elsewhere."""
    from speakernet.signal.extractors import (
        find_features_config,
        num_values,
        read_feature_options,
    )

    config = find_features_config(features)
    return num_values(read_feature_options(config)) if config.exists() else None


def _flat(values: dict[str, object]) -> list[tuple[str, object]]:
    """Return the settings of ``values``, those of sections within them one by one."""
    settings: list[tuple[str, object]] = []
    for key, value in values.items():
        if isinstance(value, dict):
            settings += [(f"{key}.{inner}", one) for inner, one in _flat(value)]
        else:
            settings.append((key, value))
    return settings


if __name__ == "__main__":
    run(main)
