"""Train a network: one process of torchrun's, or the only one.

Continues from the newest checkpoint in the experiment's directory if there is one. Leaves with
exit code 99 after saving when SIGTERM or SIGUSR1 asks it to: start the same command again. The
recipe with all its values is written there, too, as recipe.yaml: extraction and scoring read it.
"""

from argparse import Namespace
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.program import argument, arguments, program
from speakernet.bin.options.recipe import SETTINGS
from speakernet.bin.options.types import share
from speakernet.config.errors import UserError


@program("recipes")
@argument("--init", Path, "start from this checkpoint or experiment", metavar="PATH")
@argument("--musan", Path, "data dirs PREFIX_noise, … for online augmentation", metavar="PREFIX")
@argument("--rirs", Path, "rooms for online augmentation", metavar="DIR")
@argument("--features-config", Path, "features computed while training: conf/fbank80.conf")
@argument("--max-failed-share", share, "share of recordings that may be unreadable", default=0.0)
@arguments(SETTINGS)
@argument("recipe", Path, "recipe.yaml")
@argument("data_dir", Path, "has utt2spk, and feats.scp or (waveforms, online features) wav.scp")
@argument("exp_dir", Path, "the experiment: checkpoints/, train.jsonl, tensorboard/")
def main(args: Namespace) -> int:
    """Train as the arguments say; return the exit status."""
    if (args.musan is None) != (args.rirs is None):
        raise UserError("--musan and --rirs go together")
    from speakernet.train.stopping import REQUEUE_EXIT_CODE, StopRequest

    stop = StopRequest()  # before torch and the tables, which may take half a minute to read
    from speakernet.config import dump_config, load_config
    from speakernet.recipe import Recipe
    from speakernet.train.corpus import AugmentationSources, RecordingOptions
    from speakernet.train.run import RunFiles, run_training

    recipe = load_config(Recipe, args.recipe, args.set)
    augmentation = AugmentationSources(args.musan, args.rirs) if args.musan else None
    recordings = RecordingOptions(args.features_config, args.max_failed_share)
    files = RunFiles(args.data_dir, args.exp_dir, args.init, augmentation, recordings)
    finished = run_training(recipe, dump_config(recipe), files, stop)
    return 0 if finished else REQUEUE_EXIT_CODE


if __name__ == "__main__":
    run(main)
